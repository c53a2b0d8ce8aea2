import { type Logger } from 'pino';
import { type Metrics } from '../metrics/metrics.js';
import { withoutKey } from './redact.js';
import { type StepOf } from './steps.js';

/** Records every answered request: in the metrics by route, and in the log (`debug`; errors as `info`). */
export function requestLog(metrics: Metrics, logger: Logger): StepOf {
  const isVerbose = logger.isLevelEnabled('debug');
  return ({ url: route = 'unknown' }) => {
    // The metrics' library needs longer to find a set of labels than to count, so label sets are cached.
    const known = new Map<string, { observe(seconds: number): void }>();
    return ({ method, url, log }, { statusCode: status, elapsedTime: milliseconds }) => {
      const name = `${method} ${status}`;
      let series = known.get(name);
      if (!series) known.set(name, (series = metrics.requests.labels({ method, route, status })));
      series.observe(milliseconds / 1000);
      const level = status >= 400 ? 'info' : 'debug';
      if (level !== 'debug' || isVerbose)
        log[level]({ method, url: withoutKey(url), status, milliseconds }, 'answered');
    };
  };
}
