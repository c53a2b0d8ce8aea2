import { InvalidArgumentError } from 'commander';
import { AddressRange } from '../common/address.js';
import { type Expiry } from '../storage/key-store.js';

const SECONDS_PER: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };

/** The longest time that can be given: 100 years. */
const LONGEST = 36_500 * 86_400;

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

/** A length of time such as `90d`, `24h` or `30m`, in seconds. */
export function duration(text: string): number {
  const seconds = secondsOf(text);
  if (seconds === undefined) throw new InvalidArgumentError('Expected a time such as 24h, 90d or 30m.');
  return seconds;
}

/** When a key ends: after a length of time, at a date (in UTC) that lies ahead, or never. */
export function expiry(text: string): Expiry {
  if (text === 'never') return 'never';
  const after = secondsOf(text);
  if (after !== undefined) return { after };
  const at = dateOf(text);
  if (!at) throw new InvalidArgumentError('Expected a time such as 90d or 12h, a date such as 2027-01-01, or never.');
  if (at.getTime() <= Date.now()) throw new InvalidArgumentError('It lies in the past.');
  return { at };
}

/** A moment in the past: a date or time (in UTC), or how long ago. */
export function since(text: string): Date {
  const ago = secondsOf(text);
  const at = ago === undefined ? dateOf(text) : new Date(Date.now() - ago * 1000);
  if (!at) throw new InvalidArgumentError('Expected a time ago such as 24h or 30d, or a date such as 2027-01-01.');
  return at;
}

/** One more range of addresses. */
export function ranges(text: string, others: AddressRange[] = []): AddressRange[] {
  const range = AddressRange.parse(text);
  if (!range) throw new InvalidArgumentError('Expected an address or a range such as 192.0.2.0/24 or 2001:db8::/32.');
  return [...others, range];
}

/** One more text. */
export function texts(text: string, others: string[] = []): string[] {
  return [...others, text];
}

/** One more `NAME=VALUE`. */
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

function secondsOf(text: string): number | undefined {
  const match = /^(\d{1,7})([mhd])$/.exec(text);
  const seconds = match ? Number(match[1]) * (SECONDS_PER[match[2] ?? ''] ?? 0) : LONGEST + 1;
  return seconds <= LONGEST ? seconds : undefined;
}

function dateOf(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?$/.test(text)) return undefined;
  const date = new Date(text.length === 10 ? text : `${text.replace(' ', 'T').replace(/Z$/, '')}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
