/** Up to here shifts of 32-bit integers are exact. */
const SHIFTABLE = 2 ** 31;

/** A varint has at most so many bytes: as many as the largest safe integer needs. */
const MAX_VARINT_BYTES = 8;

/** Writes bytes one after the other into memory, which must be large enough: nothing is checked. */
export class ByteWriter {
  /** Where the next byte comes. */
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** An integer from 0 to 2^53 − 1, seven bits a byte, the lowest first; all but the last byte have their top bit set. */
  varint(value: number): void {
    let rest = value;
    while (rest >= SHIFTABLE) {
      this.byte((rest & 127) | 128);
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** An integer of at most 2^52 − 1 either way: its varint in zig-zag, which is 0, −1, 1, −2, 2 and so on. */
  signed(value: number): void {
    this.varint(value >= 0 ? 2 * value : -2 * value - 1);
  }
}

/** Reads bytes one after the other; throws a `RangeError` where they end too early. */
export class ByteReader {
  private at = 0;

  /** @param what the bytes are, for errors: `a segment of points`. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly what: string,
  ) {}

  /** The error of a decoder. */
  damaged(reason: string): RangeError {
    return new RangeError(`${this.what} is damaged: ${reason}`);
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw this.damaged('its bytes end too early');
    return byte;
  }

  varint(): number {
    const { bytes } = this;
    let at = this.at;
    let value = 0;
    let place = 1;
    for (const end = at + MAX_VARINT_BYTES; at < end; place *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw this.damaged('its bytes end too early');
      value += (byte & 127) * place;
      if (byte >= 128) continue;
      if (value > Number.MAX_SAFE_INTEGER) break;
      this.at = at;
      return value;
    }
    throw this.damaged('an integer is too large');
  }

  signed(): number {
    const value = this.varint();
    return value & 1 ? -(value + 1) / 2 : value / 2;
  }

  /** The next bytes, which share memory with all. */
  take(length: number): Uint8Array {
    const begin = this.at;
    if (length < 0 || begin + length > this.bytes.length) throw this.damaged('its bytes end too early');
    this.at += length;
    return this.bytes.subarray(begin, this.at);
  }

  /** Throws if bytes are left. */
  end(): void {
    if (this.at < this.bytes.length) throw this.damaged('bytes stand behind its end');
  }
}
