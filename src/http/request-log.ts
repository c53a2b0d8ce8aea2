import { type onResponseHookHandler } from 'fastify';
import { type Metrics } from '../metrics/metrics.js';
import { withoutKey } from './redact.js';

/** Notes every answered request: in the metrics by route, and in the log (`debug`; refusals as `info`). */
export function requestLog(metrics: Metrics): onResponseHookHandler {
  return (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const milliseconds = reply.elapsedTime;
    metrics.requests.observe({ method: request.method, route, status: reply.statusCode }, milliseconds / 1000);
    const level = reply.statusCode >= 400 ? 'info' : 'debug';
    request.log[level](
      { method: request.method, url: withoutKey(request.url), status: reply.statusCode, milliseconds },
      'answered',
    );
    done();
  };
}
