/** An exact decimal number: `digits` × 10^−`scale`. */
export interface Decimal {
  readonly digits: bigint;
  /** At least 0. */
  readonly scale: number;
}

/** Integers up to here can be added as doubles without a loss, as long as their sum stays below it, too. */
const SAFE = Number.MAX_SAFE_INTEGER;

/** An integer of at most 51 bits divided by a power of ten is a double whose shortest text says just that. */
const MAX_DIGITS = 2 ** 51 - 1;

/** The powers of ten that divide decimals in units, by the number of places. */
export const POWERS: readonly number[] = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/**
 * A sum of doubles without any rounding: each counts as the decimal number of its shortest text, which is what was
 * posted and what is answered. So the order of the summands makes no difference.
 */
export class ExactSum {
  /** A part of the sum, in units of 10^−`places`: the fast path, which sums of measured values hardly ever leave. */
  private units = 0;
  private places = 0;
  /** The rest of the sum: `digits` × 10^−`scale`. */
  private digits = 0n;
  private scale = 0;

  /** Adds a finite double; subtracts it with `sign` −1. */
  add(value: number, sign: 1 | -1 = 1): void {
    if (this.places === 0 && Number.isSafeInteger(value)) {
      this.addUnits(value, 0, sign);
      return;
    }
    for (let places = this.places; places < POWERS.length; places++) {
      const units = unitsOf(value, places);
      if (units === undefined) continue;
      this.addUnits(units, places, sign);
      return;
    }
    this.addDecimal(decimalOf(value), sign);
  }

  /** Adds the square of a finite double. */
  addSquare(value: number, sign: 1 | -1 = 1): void {
    for (let places = 0; 2 * places < POWERS.length; places++) {
      const units = unitsOf(value, places);
      if (units === undefined) continue;
      if (Math.abs(units) >= 2 ** 26) break;
      this.addUnits(units * units, 2 * places, sign);
      return;
    }
    const { digits, scale } = decimalOf(value);
    this.addDecimal({ digits: digits * digits, scale: 2 * scale }, sign);
  }

  /** Adds a finite double `count` times, which is a safe integer. */
  addTimes(value: number, count: number): void {
    for (let places = this.places; places < POWERS.length; places++) {
      const units = unitsOf(value, places);
      if (units === undefined) continue;
      if (Math.abs(units * count) > SAFE) break;
      this.addUnits(units * count, places, 1);
      return;
    }
    const { digits, scale } = decimalOf(value);
    this.addDecimal({ digits: digits * BigInt(count), scale }, 1);
  }

  /** Adds the square of a finite double `count` times, which is a safe integer. */
  addSquareTimes(value: number, count: number): void {
    for (let places = 0; 2 * places < POWERS.length; places++) {
      const units = unitsOf(value, places);
      if (units === undefined) continue;
      if (Math.abs(units * units * count) > SAFE) break;
      this.addUnits(units * units * count, 2 * places, 1);
      return;
    }
    const { digits, scale } = decimalOf(value);
    this.addDecimal({ digits: digits * digits * BigInt(count), scale: 2 * scale }, 1);
  }

  /** As the text of a `numeric` of PostgreSQL. */
  toString(): string {
    return decimalText(this.total());
  }

  /** As a decimal number. */
  total(): Decimal {
    this.flush();
    return { digits: this.digits, scale: this.scale };
  }

  /** Adds a safe integer, in units of 10^−`places`. */
  private addUnits(units: number, places: number, sign: 1 | -1): void {
    if (places !== this.places) {
      const [ours, theirs] = [POWERS[places - this.places], POWERS[this.places - places]];
      const raised = ours === undefined ? this.units : this.units * ours;
      const added = theirs === undefined ? units : units * theirs;
      if (Math.abs(raised) > SAFE || Math.abs(added) > SAFE) {
        this.addDecimal({ digits: BigInt(units), scale: places }, sign);
        return;
      }
      [this.units, units] = [raised, added];
      this.places = Math.max(this.places, places);
    }
    let sum = this.units + sign * units;
    if (Math.abs(sum) > SAFE) {
      this.flush();
      sum = sign * units;
    }
    this.units = sum;
  }

  /** Moves the units to the digits. */
  private flush(): void {
    if (this.units !== 0) this.addDecimal({ digits: BigInt(this.units), scale: this.places }, 1);
    this.units = 0;
  }

  /** Adds a decimal number; subtracts it with `sign` −1. */
  addDecimal({ digits, scale }: Decimal, sign: 1 | -1 = 1): void {
    if (scale > this.scale) {
      this.digits *= 10n ** BigInt(scale - this.scale);
      this.scale = scale;
    }
    this.digits += BigInt(sign) * digits * 10n ** BigInt(this.scale - scale);
  }
}

/** A double in units of 10^−`places`; `undefined` where its shortest text has more decimals, or too many digits. */
export function unitsOf(value: number, places: number): number | undefined {
  const power = POWERS[places] ?? 1;
  const units = Math.round(value * power);
  return units / power === value && Math.abs(units) <= MAX_DIGITS ? units : undefined;
}

/** The decimal number of a double's shortest text. */
export function decimalOf(value: number): Decimal {
  return parseDecimal(String(value));
}

/** A decimal number as a text that `parseDecimal` and PostgreSQL read. */
export function decimalText({ digits, scale }: Decimal): string {
  return scale === 0 ? String(digits) : `${digits}e-${scale}`;
}

/** Reads a decimal number such as `-12.50`, `3e-7` or `1e+21`, as JavaScript and PostgreSQL print them. */
export function parseDecimal(text: string): Decimal {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text);
  if (!match) throw new Error(`not a decimal number: ${text}`);
  const [, minus, whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(`${minus ?? ''}${whole}${fraction}`);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** The double nearest to a ÷ b (the even one of two that are as near), for b ≠ 0. */
export function quotient(a: Decimal, b: Decimal): number {
  return nearestDouble(a.digits * 10n ** BigInt(b.scale), b.digits * 10n ** BigInt(a.scale));
}

/**
 * The double nearest to a fraction; the largest there is where that is beyond all doubles. The quotient is taken to 60
 * bits or more, and its last bit is set where anything follows, so that the one rounding, by `Number`, sees all there
 * is to see. (Below 10^-307, where doubles lose bits, scaling back rounds a second time.)
 */
export function nearestDouble(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0;
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const shift = Math.max(0, 65 + bitLength(d) - bitLength(n));
  const scaled = n << BigInt(shift);
  const sticky = scaled % d === 0n ? 0n : 1n;
  // Scaled back in two steps, since 2^−shift alone may be too small for a double.
  const half = shift >> 1;
  const magnitude = Number((scaled / d) | sticky) * 2 ** -half * 2 ** -(shift - half);
  // JSON has no infinity.
  const finite = Math.min(magnitude, Number.MAX_VALUE);
  // Not `-finite`, which makes −0 of what is too small for a double.
  return negative ? 0 - finite : finite;
}

/** The number of bits, up to 3 too many. */
function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}
