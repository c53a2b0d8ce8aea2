import { type SessionFilters } from 'marigram-client/session';
import { MICROS_PER_SECOND } from '../../common/time.js';
import { OperatorError } from '../../common/errors.js';
import { parameter } from '../arguments.js';
import { checked } from '../mistakes.js';
import { didYouMean } from '../nearest.js';

const STATUSES = ['open', 'closed', 'interrupted'] as const;

const NAMES = ['name', 'operator', 'status'];

const META = 'meta.';

/** The time in which sessions began, in seconds as on the wire. */
interface Began {
  readonly from?: string;
  readonly to?: string;
}

/**
 * Which sessions words such as `status=open` and `meta.component=checkout` ask for; of a repeated one the last counts.
 * Throws an `OperatorError` for a word that is not a filter.
 */
export function sessionFilters(words: readonly string[], { from, to }: Began): SessionFilters {
  const fields = Object.fromEntries(words.map((word) => checked(() => parameter(word)[0] ?? ['', ''])));
  const meta: Record<string, string> = {};
  for (const [name, text] of Object.entries(fields))
    if (name.startsWith(META)) meta[name.slice(META.length)] = text;
    else if (!NAMES.includes(name))
      throw new OperatorError(
        `There is no filter ${name}: expected ${NAMES.join(', ')} or meta.KEY${didYouMean(name, NAMES)}`,
      );
  const status = STATUSES.find((one) => one === fields.status);
  if (fields.status !== undefined && !status)
    throw new OperatorError(`status: expected ${STATUSES.join(', ')}${didYouMean(fields.status, STATUSES)}`);
  return { name: fields.name, operator: fields.operator, status, meta, from: microsOf(from), to: microsOf(to) };
}

/** A time in micros that an option gives in seconds, as on the wire; `undefined` without it. */
export function microsOf(seconds: string | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(Number(seconds) * MICROS_PER_SECOND);
}
