import { Invalid } from '../common/errors.js';

/** The largest number that a session or a stream can have. */
const MAX_NUMBER = 2 ** 31 - 1;

/** The number of a session or a stream. Throws `Invalid`, naming the field. */
export function numberOf(name: string, text: string | undefined): number {
  const number = /^\d{1,10}$/.test(text ?? '') ? Number(text) : NaN;
  if (number <= MAX_NUMBER) return number;
  throw new Invalid(`${name}: expected the number that was given for it, got ${JSON.stringify(text ?? '')}`);
}
