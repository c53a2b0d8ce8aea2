/** A JSON number. It is bounded, since regular expressions run out of stack on megabytes of digits. */
const NUMBER = /-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,999})?(?:[eE][+-]?[0-9]{1,9})?/y;

/** The powers of ten that are exact as doubles. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** `e`, and `E` with the bit set in which they differ. */
const EXPONENT = 0x65;

/** Reads JSON numbers from bytes, without a text of each: most are an integer of 53 bits and a power of ten. */
export class NumberReader {
  /** Where the next number begins; after `read` the end of the number. */
  position = 0;
  /** The digits of the last number as an integer, with its sign. */
  private digits = 0;
  /** How many of them stand behind the point; infinite where `digits` are not exact. */
  private scale = 0;

  /** @param text the bytes as characters, one each: `latin1`. */
  constructor(
    private readonly bytes: Buffer,
    private readonly text: string,
  ) {}

  /**
   * Reads the number at `position`: the double that `Number` makes of its text, so −0 of `-0`. Returns NaN where there is
   * no JSON number, or one beyond the doubles. What follows the number is for the caller to check: of one of thousands of
   * digits it is the rest.
   */
  read(): number {
    const { bytes, position: start } = this;
    const whole = bytes[start] === MINUS ? start + 1 : start;
    this.position = whole;
    let digits = this.readDigits(0);
    if (this.position === whole || (bytes[whole] === ZERO && this.position > whole + 1)) return NaN;
    let scale = 0;
    if (bytes[this.position] === POINT) {
      const fraction = ++this.position;
      digits = this.readDigits(digits);
      scale = this.position - fraction;
      if (scale === 0) return NaN;
    }
    const hasExponent = ((bytes[this.position] ?? 0) | 0x20) === EXPONENT;
    if (hasExponent || digits > Number.MAX_SAFE_INTEGER || scale >= POWERS_OF_TEN.length) return this.readText(start);
    this.digits = whole > start ? -digits : digits;
    this.scale = scale;
    // Both are exact, so there is one rounding, and it is that of `Number`.
    return scale === 0 ? this.digits : this.digits / (POWERS_OF_TEN[scale] ?? NaN);
  }

  /**
   * The last number × 10^`power`, rounded once, for a `power` of at most 22; `undefined` where the number has more
   * decimals than that, an exponent, or more digits than a double.
   */
  times10To(power: number): number | undefined {
    return this.scale <= power ? this.digits * (POWERS_OF_TEN[power - this.scale] ?? NaN) : undefined;
  }

  /** Appends the digits at `position` to `digits`. The result is exact up to 2^53 − 1, and above that if it is not. */
  private readDigits(digits: number): number {
    const { bytes } = this;
    let at = this.position;
    for (;;) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
      at++;
    }
    this.position = at;
    return digits;
  }

  /** Reads a number with an exponent or many digits from its text. */
  private readText(start: number): number {
    this.scale = Infinity;
    NUMBER.lastIndex = start;
    const number = NUMBER.exec(this.text)?.[0] ?? '';
    this.position = start + number.length;
    const value = Number(number);
    return Number.isFinite(value) ? value : NaN;
  }
}
