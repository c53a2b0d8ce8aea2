import { createHash } from 'node:crypto';
import { labelOf } from 'marigram-client/exact';
import { type StoredValue } from '../event-types/data-types.js';

/** A bin may count at most so many different categories. */
export const MAX_CATEGORIES = 100_000;

/** The shortest JSON of more: a quote, a character, a quote, a colon, a digit and a comma each. */
const MANY_CHARACTERS = 6 * MAX_CATEGORIES;

/** Whether counts by category, as JSON, are of more categories than a bin may have. */
export function hasTooManyCategories(histogram: string): boolean {
  return (
    histogram.length > MANY_CHARACTERS &&
    Object.keys(JSON.parse(histogram) as Record<string, number>).length > MAX_CATEGORIES
  );
}

/** Labels are remembered while they are so few, and their documents so short. */
const REMEMBERED = 1000;
const REMEMBERED_CHARACTERS = 100;

/** The labels of values, of which most come often. */
export class Categories {
  private readonly known = new Map<string, string>();

  /** The label that a text or a boolean is counted under. */
  of({ document, value }: StoredValue): string {
    if (document === null) return String(value === 1);
    const known = this.known.get(document);
    if (known !== undefined) return known;
    const label = labelOfText(JSON.parse(document) as string);
    if (this.known.size < REMEMBERED && document.length <= REMEMBERED_CHARACTERS) this.known.set(document, label);
    return label;
  }
}

/** The label that a text is counted under. */
export function labelOfText(text: string): string {
  return labelOf(text, sha256);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
