import { createHash } from 'node:crypto';
import { type UploadDigests } from '../storage/sessions/upload-store.js';

const NUMBER_BYTES = 8;

/** The rows of an upload by value: numbers that are written in another way (`12`, `12.0`) are the same. */
export class RowDigests {
  private bytes = Buffer.alloc(64 * 1024);
  /** Where each row begins, and where the last one ends. */
  private readonly bounds = [0];

  /** The number of rows. */
  get rows(): number {
    return this.bounds.length - 1;
  }

  /** Adds a row. Numbers that are missing are NaN. */
  add(numbers: readonly number[], text = ''): void {
    let at = this.bounds.at(-1) ?? 0;
    const textBytes = text === '' ? 0 : Buffer.byteLength(text);
    this.reserve(at + NUMBER_BYTES * (numbers.length + 1) + textBytes);
    // The length of the text, so that no other row has the same bytes. The sum with 0 makes 0 of −0.
    for (const number of [textBytes, ...numbers]) at = this.bytes.writeDoubleLE(number + 0, at);
    this.bounds.push(at + this.bytes.write(text, at));
  }

  /**
   * SHA-256 of rows from index `begin` on, one digest for each of these numbers of rows, which are ascending; all in one
   * pass.
   */
  of(begin: number, counts: readonly number[]): Buffer[] {
    const hash = createHash('sha256');
    let at = begin;
    return counts.map((count) => {
      hash.update(this.bytes.subarray(this.bounds[at], this.bounds[begin + count]));
      at = begin + count;
      return hash.copy().digest();
    });
  }

  /** What the upload is recognised by. */
  upload(): UploadDigests {
    const { rows } = this;
    const half = Math.floor(rows / 2);
    const [firstHalf, whole] = this.of(0, [half, rows]) as [Buffer, Buffer];
    const [secondHalf] = this.of(half, [rows - half]) as [Buffer];
    return { rows, whole, firstHalf, secondHalf };
  }

  private reserve(bytes: number): void {
    if (bytes > this.bytes.length) this.bytes = Buffer.concat([this.bytes], Math.max(bytes, 2 * this.bytes.length));
  }
}

/** How many repeats an upload may begin with: a chunk that is sent again may have been stored as two halves before. */
const MOST_LINKS = 4;

/**
 * With how many rows an upload begins that were stored with kept ones: the rows of a whole upload or of one of its halves,
 * and behind these perhaps those of another one. Of several, the longest counts, and each counts once.
 */
export function repeatedRows(digests: RowDigests, kept: readonly UploadDigests[]): number {
  const known = new Map<number, Set<string>>();
  const add = (rows: number, digest: Buffer): void => {
    known.set(rows, (known.get(rows) ?? new Set()).add(digest.toString('hex')));
  };
  for (const { rows, whole, firstHalf, secondHalf } of kept) {
    const half = Math.floor(rows / 2);
    add(rows, whole);
    add(half, firstHalf);
    add(rows - half, secondHalf);
  }
  known.delete(0);
  let repeated = 0;
  for (let link = 0; link < MOST_LINKS; link++) {
    const rows = takeLongest(digests, repeated, known);
    if (rows === 0) break;
    repeated += rows;
  }
  return repeated;
}

/** How many rows from index `begin` on are those of a known digest, which is known no longer then; 0 where none are. */
function takeLongest(digests: RowDigests, begin: number, known: ReadonlyMap<number, Set<string>>): number {
  const counts = [...known.keys()].filter((count) => begin + count <= digests.rows).sort((a, b) => a - b);
  const found = digests.of(begin, counts).map((digest) => digest.toString('hex'));
  const longest = counts.findLastIndex((count, index) => known.get(count)?.delete(found[index] ?? ''));
  return counts[longest] ?? 0;
}
