import { NDJSON_TYPE, unlike } from './answer.js';
import { type Core } from './archive.js';
import { type JsonValue } from './json-value.js';
import { linesOf, type Patience } from './ndjson.js';
import { parseRetryAfter } from './retry.js';
import { microsOf, microsOfDigits } from './time.js';

/** Asks the archive for rows of one series, with query parameters; the body of the answer is not read yet. */
export type Rows = (
  core: Core,
  query: Readonly<Record<string, string | number>>,
) => Promise<{ readonly response: Response }>;

/** The `Accept` of such a request: a stream of lines, or the JSON that esmond has. */
export const ACCEPT = `${NDJSON_TYPE}, application/json;q=0.9`;

/** A row of an answer: microseconds and value. */
export type Row = readonly [tsMicros: number, val: JsonValue];

/** A line as Marigram writes it: the digits of the time are taken as they stand. */
const LINE = /^\{"ts":(-?\d+)(?:\.(\d{1,6}))?,/;

/** Rows as they arrive. */
export class PointStream {
  /** Whether the archive has no streams, and no times but whole seconds: an esmond. */
  readonly isPlain: boolean;
  /** The archive's wish to be asked again, in seconds. */
  readonly retryAfter: number | undefined;

  constructor(private readonly response: Response) {
    this.isPlain = !response.headers.get('content-type')?.startsWith(NDJSON_TYPE);
    this.retryAfter = parseRetryAfter(response.headers.get('retry-after'));
  }

  /** The rows in the order of the answer, once. Throws as `linesOf` does, and an `ApiError` for what is no row. */
  async *rows(patience: Patience): AsyncGenerator<Row, void, undefined> {
    const { body } = this.response;
    if (body === null) throw unlike('points', this.response);
    if (!this.isPlain) {
      for await (const line of linesOf(body, patience)) yield this.rowOf(line);
      return;
    }
    let text = '';
    for await (const line of linesOf(body, patience, 'open')) text += line;
    const rows = this.parse(text);
    if (!Array.isArray(rows)) throw unlike('an array of points', this.response);
    for (const row of rows) yield this.check(row);
  }

  private rowOf(line: string): Row {
    const digits = LINE.exec(line);
    const [ts, val] = this.check(this.parse(line));
    return digits ? [microsOfDigits(digits[1] ?? '', digits[2] ?? ''), val] : [ts, val];
  }

  private parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw unlike('JSON', this.response);
    }
  }

  private check(row: unknown): Row {
    const { ts, val } = (row ?? {}) as { ts?: unknown; val?: JsonValue };
    if (typeof ts !== 'number' || val === undefined) throw unlike('points', this.response);
    return [microsOf(ts), val];
  }
}
