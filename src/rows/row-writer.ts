import { POWERS, unitsOf } from 'marigram-client/exact';
import { formatSeconds, MICROS_PER_SECOND } from '../common/time.js';
import { putDecimal, putFour, putInteger } from './digits.js';

/** How the rows of a format are written; the texts are ASCII. */
export interface RowFormat {
  readonly open: string;
  /** Between time and value. */
  readonly middle: string;
  readonly close: string;
  /** Between value and row number; absent: row numbers are left out. */
  readonly row?: string;
  /** Between two rows. */
  readonly separator: string;
  /** The text of a value that is no number, given as JSON. */
  readonly quote: (json: string) => string;
  /** The texts of a value that is no number and takes several rows; absent: each takes one, see `quote`. */
  readonly lines?: (json: string) => readonly string[];
}

/** Times as integers: how many units (micros) they are behind an origin (micros). */
export interface TimeUnits {
  readonly origin: number;
  readonly unit: number;
}

/** The most bytes of a row with a number, whatever its time and digits. */
const ROW_BYTES = 100;

/** What a row with a number takes most often, at most; times in micros and row numbers take more. */
const USUAL_ROW_BYTES = 50;
const USUAL_ROW_BYTES_IN_UNITS = 75;

/** Above it, neighbouring integers share a double. */
const SAFE = Number.MAX_SAFE_INTEGER;

/** Times that differ in their last eight digits only share the bytes before these. */
const SHARED = 1e8;

/** What times are in unless it is said. */
const SECONDS: TimeUnits = { origin: 0, unit: MICROS_PER_SECOND };

/** A text that is written often: words of four bytes, the last of which may have bytes too many. */
class Words {
  private readonly words = new Int32Array(16);
  private length = 0;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.set(bytes);
  }

  set(bytes: Buffer): void {
    const padded = Buffer.concat([bytes, Buffer.alloc(3)]);
    for (let at = 0; at < bytes.length; at += 4) this.words[at >> 2] = padded.readInt32LE(at);
    this.length = bytes.length;
  }

  put(view: DataView, at: number): number {
    const { words, length } = this;
    for (let index = 0; 4 * index < length; index++) view.setInt32(at + 4 * index, words[index] ?? 0, true);
    return at + length;
  }
}

/**
 * Writes rows right into memory, digit by digit: 43,200 points take 2 ms in blocks and 6 one by one; as texts that are
 * joined and encoded, integers take 16 ms.
 */
export class RowWriter {
  private buffer: Buffer = Buffer.alloc(0);
  private view = new DataView(this.buffer.buffer, 0, 0);
  private at = 0;
  private hasRows = false;
  private readonly middle: Words;
  private readonly close: Words;
  private readonly row: Words | undefined;

  /** @param times how times are written; in seconds unless given. */
  constructor(
    private readonly format: RowFormat,
    private readonly times?: TimeUnits,
  ) {
    this.middle = new Words(Buffer.from(format.middle));
    this.close = new Words(Buffer.from(format.close));
    this.row = format.row === undefined ? undefined : new Words(Buffer.from(format.row));
  }

  /** Whether a row was written. */
  get any(): boolean {
    return this.hasRows;
  }

  /** Reserves memory for so many rows with numbers. */
  expect(rows: number): void {
    this.reserve(rows * (this.times ? USUAL_ROW_BYTES_IN_UNITS : USUAL_ROW_BYTES) + ROW_BYTES);
  }

  /**
   * Adds a row with a number.
   * @param row its row number, where it has one and the format shows it.
   */
  number(micros: number, value: number, row?: number): void {
    this.reserve(ROW_BYTES);
    this.begin(micros);
    this.writeNumber(value);
    this.end(row);
  }

  /**
   * Adds a row with the number digits ÷ 10^scale, as `number` writes it. No double has to be printed.
   * @param digits an integer of at most 51 bits, so that no shorter decimal is the same double.
   * @param scale from 0 to 9.
   */
  decimal(micros: number, digits: number, scale: number, row?: number): void {
    this.reserve(ROW_BYTES);
    this.begin(micros);
    this.writeDecimal(digits, scale);
    this.end(row);
  }

  /**
   * Adds rows as `decimal` does, for the times and digits at the indexes from `begin` to `end` (exclusive). One call for
   * many rows takes a third of the time.
   * @param rows their row numbers, where they have some.
   */
  decimals(
    micros: Float64Array,
    digits: Float64Array,
    scale: number,
    begin: number,
    end: number,
    rows?: Float64Array,
  ): void {
    const { origin, unit } = this.times ?? SECONDS;
    const power = POWERS[scale] ?? 1;
    const prefix = new Words();
    let shared = -1;
    this.expect(end - begin);
    for (let index = begin; index < end; index++) {
      this.reserve(ROW_BYTES);
      const time = micros[index] ?? 0;
      const units = (time - origin) / unit;
      const high = Math.floor(units / SHARED);
      const number = digits[index] ?? 0;
      const isPlain = high > 0 && Number.isInteger(units) && units <= SAFE && !isTiny(number, power);
      if (!isPlain || !this.hasRows) {
        this.decimal(time, number, scale, rows?.[index]);
        continue;
      }
      if (high !== shared) {
        shared = high;
        prefix.set(Buffer.from(`${this.format.separator}${this.format.open}${high}`));
      }
      const { view } = this;
      const low = units - high * SHARED;
      const middle = Math.floor(low / 1e4);
      let at = prefix.put(view, this.at);
      at = putFour(view, putFour(view, at, middle), low - middle * 1e4);
      at = this.middle.put(view, at);
      at = putDecimal(view, at, number, scale);
      if (rows && this.row) at = putInteger(view, this.row.put(view, at), rows[index] ?? 0);
      this.at = this.close.put(view, at);
    }
  }

  /** Adds a row with any value, given as JSON; `row` as in `number`. */
  json(micros: number, value: string, row?: number): void {
    const { lines, quote } = this.format;
    if (lines) for (const text of lines(value)) this.text(micros, text, row);
    else this.text(micros, quote(value), row);
  }

  private text(micros: number, text: string, row: number | undefined): void {
    this.reserve(ROW_BYTES + Buffer.byteLength(text));
    this.begin(micros);
    this.at += this.buffer.write(text, this.at);
    this.end(row);
  }

  /** The rows since the last call. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.at);
    this.use(Buffer.alloc(0));
    this.at = 0;
    return taken;
  }

  private begin(micros: number): void {
    if (this.hasRows) this.ascii(this.format.separator);
    this.hasRows = true;
    this.ascii(this.format.open);
    if (this.times) this.writeInteger((micros - this.times.origin) / this.times.unit);
    else this.writeSeconds(micros);
    this.at = this.middle.put(this.view, this.at);
  }

  private end(row: number | undefined): void {
    if (this.row && row !== undefined) {
      this.at = this.row.put(this.view, this.at);
      this.at = putInteger(this.view, this.at, row);
    }
    this.at = this.close.put(this.view, this.at);
  }

  private writeInteger(integer: number): void {
    if (integer >= 0) this.at = putInteger(this.view, this.at, integer);
    else this.ascii(String(integer));
  }

  private writeSeconds(micros: number): void {
    const seconds = micros / MICROS_PER_SECOND;
    if (seconds >= 0 && Number.isInteger(seconds) && seconds * MICROS_PER_SECOND === micros)
      this.at = putInteger(this.view, this.at, seconds);
    else this.ascii(formatSeconds(micros));
  }

  /** The number as JavaScript and JSON print it; NaN and infinities become `null`. */
  private writeNumber(value: number): void {
    if (value >= 0 && value <= SAFE && Number.isInteger(value)) {
      this.at = putInteger(this.view, this.at, value + 0);
      return;
    }
    // Three decimals are what most measured numbers have.
    const thousandths = unitsOf(value, 3);
    if (thousandths) this.writeDecimal(thousandths, 3);
    else this.ascii(Number.isFinite(value) ? String(value) : 'null');
  }

  private writeDecimal(digits: number, scale: number): void {
    const power = POWERS[scale] ?? 1;
    if (isTiny(digits, power)) this.ascii(String(digits / power));
    else this.at = putDecimal(this.view, this.at, digits, scale);
  }

  private ascii(text: string): void {
    const { buffer, at } = this;
    for (let index = 0; index < text.length; index++) buffer[at + index] = text.charCodeAt(index);
    this.at = at + text.length;
  }

  private reserve(room: number): void {
    if (this.at + room <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.at + room, 2 * this.buffer.length));
    this.buffer.copy(larger, 0, 0, this.at);
    this.use(larger);
  }

  private use(buffer: Buffer): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
}

/** Whether a decimal is below a millionth: JavaScript writes those with an exponent. */
function isTiny(digits: number, power: number): boolean {
  return digits !== 0 && Math.abs(digits) * 1e6 < power;
}
