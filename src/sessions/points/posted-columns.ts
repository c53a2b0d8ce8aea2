import { BadPart, TooLarge } from '../../common/errors.js';
import { isStorableText } from '../../event-types/texts.js';
import { type StreamColumns } from '../../storage/ingest/stream-columns.js';
import { type StreamType } from '../../storage/sessions/stream-store.js';
import { isTime } from '../micros.js';

/** How the points of a body are read. */
export interface ColumnOptions {
  readonly type: StreamType;
  /** What the times of the body count from, in micros: 0, or the start of the session. */
  readonly origin: number;
  /** The most points that there may be. */
  readonly most: number;
}

/** The points of one stream in a body, in its order, as they are read. */
export class PostedColumns implements Pick<StreamColumns, 'micros' | 'values' | 'denominators' | 'documents'> {
  readonly micros: number[] = [];
  readonly values: number[] = [];
  readonly denominators: readonly number[] = [];
  readonly documents: string[] = [];
  /** The documents of the texts that came before: codes repeat themselves. */
  private readonly documentOf = new Map<string, string>();

  constructor(private readonly options: ColumnOptions) {}

  /** Whether the values are numbers; else they are texts. */
  get hasNumbers(): boolean {
    return this.options.type === 'metric';
  }

  /** Adds a time as it was posted. Throws a `BadPart` where it is none, and `TooLarge`. */
  addTime(posted: number): void {
    const micros = posted + this.options.origin;
    if (!Number.isSafeInteger(posted) || !isTime(micros)) throw new BadPart('', describe(posted));
    this.micros.push(micros);
    checkNumber(this.micros.length, this.options.most);
  }

  /** Adds a value of a metric. Throws a `BadPart` where it is not finite. */
  addNumber(value: number): void {
    if (!Number.isFinite(value)) throw new BadPart('', `expected a finite number, got ${value}`);
    this.values.push(value);
  }

  /** Adds a value of an event. Throws a `BadPart` where it can't be stored. */
  addText(text: string): void {
    let document = this.documentOf.get(text);
    if (document === undefined) {
      if (!isStorableText(text)) throw new BadPart('', 'expected a text of at most 64 KiB without NUL characters');
      document = JSON.stringify(text);
      this.documentOf.set(text, document);
    }
    this.documents.push(document);
  }

  /** The columns, complete. Throws a `BadPart` where there are not as many values as times. */
  finish(): this {
    const values = this.hasNumbers ? this.values.length : this.documents.length;
    if (this.micros.length !== values) throw new BadPart('', `ts has ${this.micros.length} elements, value ${values}`);
    return this;
  }
}

/** Throws `TooLarge` where a request has more points than it may. */
export function checkNumber(points: number, most: number): void {
  if (points > most) throw new TooLarge(`more than ${most} points in one request (MAX_POINTS)`);
}

function describe(posted: number): string {
  return Number.isSafeInteger(posted)
    ? `${posted} is outside the years that can be stored`
    : `expected integer microseconds, got ${posted}`;
}
