import { Invalid } from '../../common/errors.js';
import { type Query } from '../../common/time-range.js';
import { type PairField } from './pair-streams.js';

const FIELDS = ['name', 'case', 'stream'];

/** The fields by which a query string pairs streams: `by=name,case` unless given. Throws `Invalid`. */
export function parsePairFields({ by = 'name,case' }: Query): readonly PairField[] {
  const fields = by.split(',').map((field) => field.trim());
  for (const field of fields)
    if (!FIELDS.includes(field) && !/^meta\../.test(field))
      throw new Invalid(
        `by: expected ${FIELDS.join(', ')} or meta.KEY, separated by commas, got ${JSON.stringify(field)}`,
      );
  return fields;
}
