import { InvalidArgumentError } from 'commander';
import { AddressRange } from '../common/address.js';
import { lengthOf, LENGTHS, momentOf, MOMENTS, secondsAhead } from '../common/moment.js';
import { inStorableYears } from '../common/time.js';
import { type Expiry } from '../storage/access/key-store.js';

/** The longest duration: 100 years. */
const MAX_LENGTH_SECONDS = 36_500 * 86_400;

/** A user. */
export function userName(text: string): string {
  if (!/^[^\s:]{1,128}$/.test(text))
    throw new InvalidArgumentError('A user is up to 128 characters without blanks and colons.');
  return text;
}

/** The number of a key. */
export function keyId(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected the number of a key: see "marigram key list".');
  return Number(text);
}

/** A length of time in seconds, up to 100 years. */
export function duration(text: string): number {
  const seconds = lengthOf(text);
  if (seconds === undefined || seconds > MAX_LENGTH_SECONDS) throw new InvalidArgumentError(`Expected ${LENGTHS}.`);
  return seconds;
}

/** A time in seconds since 1970, as the wire has it. */
export function moment(text: string): string {
  const seconds = momentOf(text, Date.now());
  if (seconds === undefined) throw new InvalidArgumentError(`Expected ${MOMENTS}.`);
  return seconds;
}

/** A time of the years 1 to 9999. */
export function date(text: string): Date {
  const seconds = Number(moment(text));
  if (!inStorableYears(seconds)) throw new InvalidArgumentError('Expected a time of the years 1 to 9999.');
  return new Date(seconds * 1000);
}

/** When a key ends: after a length of time, by the database's clock; at a time that lies ahead; or never. */
export function expiry(text: string): Expiry {
  if (text === 'never') return 'never';
  const expected = 'expected a time ahead such as 90d or 12h, a date such as 2027-01-01 (in UTC), or never.';
  const after = secondsAhead(text, 'ahead');
  const seconds = after === undefined ? momentOf(text, Date.now()) : undefined;
  if ((after === undefined && seconds === undefined) || (after ?? 0) > MAX_LENGTH_SECONDS)
    throw new InvalidArgumentError(`It is no time: ${expected}`);
  if (after !== undefined && after > 0) return { after };
  const at = new Date(Number(seconds) * 1000);
  if (!(at.getTime() > Date.now())) throw new InvalidArgumentError(`It lies in the past: ${expected}`);
  return { at };
}

/** Collects a repeated option of address ranges. */
export function ranges(text: string, others: AddressRange[] = []): AddressRange[] {
  const range = AddressRange.parse(text);
  if (!range) throw new InvalidArgumentError('Expected an address or a range such as 192.0.2.0/24 or 2001:db8::/32.');
  return [...others, range];
}

/** Collects a repeated option of texts. */
export function texts(text: string, others: string[] = []): string[] {
  return [...others, text];
}

/** Collects a repeated option `NAME=VALUE`. */
export function parameter(text: string, others: [string, string][] = []): [string, string][] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected NAME=VALUE.');
  return [...others, [text.slice(0, at), text.slice(at + 1)]];
}

/** A number of rows. */
export function count(text: string): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError('Expected a number from 1 on.');
  return value;
}

/** A share such as `1%` as a number, above 0 and up to 1. */
export function percentage(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? parseFloat(text) : NaN;
  if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError('Expected a percentage such as 1%.');
  return percent / 100;
}
