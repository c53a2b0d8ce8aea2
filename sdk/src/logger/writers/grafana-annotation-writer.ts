import { type LoggerBatch } from '../batch.js';
import { DatabaseWriter } from '../writer.js';
import { baseOf, type HttpOptions, post } from './http.js';

/** Which Grafana to write to. */
export interface GrafanaAnnotationOptions extends HttpOptions {
  /** The URL of Grafana, or of an archive. */
  readonly url: string;
  readonly apiKey: string;
  /** Only there the annotations are shown. */
  readonly dashboardUID?: string | undefined;
  readonly panelId?: number | undefined;
}

/** Writes events as annotations to Grafana, or to whatever has its routes; records are not written. */
export class GrafanaAnnotationWriter extends DatabaseWriter {
  private readonly target: string;
  private readonly headers: Record<string, string>;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(private readonly options: GrafanaAnnotationOptions) {
    super();
    this.target = `${baseOf(options.url)}/api/annotations`;
    this.headers = { 'content-type': 'application/json', authorization: `Bearer ${options.apiKey}` };
    new Headers(this.headers);
  }

  override async writeData(batch: LoggerBatch): Promise<void> {
    const { dashboardUID, panelId } = this.options;
    const place = { ...(dashboardUID !== undefined && { dashboardUID }), ...(panelId !== undefined && { panelId }) };
    batch.acknowledge(batch.dataset);
    for (const event of batch.events) {
      const body = JSON.stringify({ ...event.toJSON(), ...place });
      await post({ url: this.target, headers: this.headers, body }, [200], this.options);
      batch.acknowledge([event]);
    }
  }
}
