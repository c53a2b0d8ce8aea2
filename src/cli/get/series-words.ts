import { InvalidArgumentError } from 'commander';
import { BUILT_IN, EVENT_TYPES } from '../../event-types/catalogue.js';
import { SUMMARY_KINDS, SUMMARY_TYPES as NAMES, type SummaryType } from '../../rollups/summary-kinds.js';
import { type Filter, filterOf, KEY } from '../filters.js';
import { didYouMean } from '../nearest.js';
import { lengthOf } from '../../common/moment.js';

/** What the words of a command line say of a series. */
export interface SeriesWords {
  readonly metadataKey?: string;
  readonly eventType?: string;
  readonly summaryType?: SummaryType;
  /** Seconds. */
  readonly window?: number;
  /** The archive's URL, where a whole one was given. */
  readonly archive?: string;
  readonly filters: readonly Filter[];
}

/** The summary types by their names, in the singular of metadata and in the plural of URLs. */
const SUMMARY_TYPES: ReadonlyMap<string, SummaryType> = new Map(
  NAMES.flatMap((type) => [
    [type, type],
    [SUMMARY_KINDS[type].path, type],
  ]),
);

/** What a URI of an archive consists of. */
const URI =
  /^(https?:\/\/[^/]+)?(.*\/perfsonar\/archive)\/([^/?#]+)(?:\/([^/?#]+)(?:\/([^/?#]+)(?:\/([^/?#]+))?)?)?\/?$/;

/**
 * Reads the words of a command: a key or a URI, an event type, a summary and its window, and filters, each known by its
 * looks. Throws an `InvalidArgumentError` for a word too many.
 */
export function seriesWords(words: readonly string[]): SeriesWords {
  const filters: Filter[] = [];
  const found: { -readonly [name in keyof SeriesWords]: SeriesWords[name] } = { filters };
  const take = (part: Partial<SeriesWords>, word: string): void => {
    if (Object.keys(part).some((name) => name in found)) throw wordTooMany(word, found);
    Object.assign(found, part);
  };
  for (const word of words) {
    const condition = filterOf(word);
    const summaryType = SUMMARY_TYPES.get(word);
    if (condition) filters.push(condition);
    else if (word.includes('/')) take(partsOf(word), word);
    else if (KEY.test(word)) take({ metadataKey: word.toLowerCase() }, word);
    else if (summaryType) take({ summaryType }, word);
    else {
      const window = lengthOf(word);
      take(window === undefined ? { eventType: word } : { window }, word);
    }
  }
  return found;
}

/** Of two words that could be event types, the mistake is the unknown one: a truncated key, for example. */
function wordTooMany(word: string, { eventType }: SeriesWords): InvalidArgumentError {
  const unknown = [eventType, word].find((one) => one !== undefined && !isEventType(one));
  if (lengthOf(word) !== undefined || SUMMARY_TYPES.has(word) || unknown === undefined || eventType === undefined)
    return new InvalidArgumentError(`"${word}" is one word too many: there is one of its kind already.`);
  return new InvalidArgumentError(
    `"${unknown}" is no metadata key of 32 hexadecimal digits, and no event type` + didYouMean(unknown, EVENT_TYPES),
  );
}

function isEventType(word: string): boolean {
  return BUILT_IN.has(word);
}

function partsOf(uri: string): Partial<SeriesWords> {
  const match = URI.exec(uri);
  if (!match) throw new InvalidArgumentError(`"${uri}" is no URI of a metadata or an event type.`);
  const [, origin, path = '', metadataKey = '', encoded, kind, window] = match;
  const eventType = encoded === undefined ? undefined : decoded(uri, encoded);
  const summaryType = kind === undefined ? undefined : SUMMARY_TYPES.get(kind);
  return {
    metadataKey,
    ...(origin !== undefined && { archive: `${origin}${path}/` }),
    ...(eventType !== undefined && { eventType }),
    ...(summaryType && { summaryType }),
    ...(summaryType && window !== undefined && { window: Number(window) }),
  };
}

/** An event type of a URI: one of the line protocol may have any characters. */
function decoded(uri: string, eventType: string): string {
  try {
    return decodeURIComponent(eventType);
  } catch {
    throw new InvalidArgumentError(`"${uri}" has a % that begins no escape: a percent sign is written as %25.`);
  }
}
