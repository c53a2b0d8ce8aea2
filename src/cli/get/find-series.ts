import { type EventType, type Metadata, type Summary } from 'marigram-client';
import { OperatorError } from '../../common/errors.js';
import { BUILT_IN, EVENT_TYPES } from '../../event-types/catalogue.js';
import { connect, type Request } from './connection.js';
import { seriesFields } from '../filters.js';
import { type SeriesWords } from './series-words.js';
import { nearest } from '../nearest.js';
import { printable } from '../text-table.js';
import { subjectWithoutHosts } from '../subject-text.js';

/** One series of an archive: the points of an event type, or one of its summaries. */
export interface FoundSeries {
  readonly metadata: Metadata;
  readonly eventType: EventType;
  readonly summary?: Summary;
}

/** How many candidates are named. */
const MAX_NAMED = 10;

/**
 * The one series that words and filters name. Throws an `OperatorError` if there is none, or more than one: it says
 * what there is.
 * @param what of an event type is looked for.
 */
export async function findSeries(
  request: Request,
  words: SeriesWords,
  what: 'points' | 'summary',
): Promise<FoundSeries> {
  const wanted = wantedOf(request, words);
  const found: FoundSeries[] = [];
  const others: FoundSeries[] = [];
  for await (const metadata of connect(request, searchOf(request, wanted)).getMetadata()) {
    for (const series of seriesOf(metadata, what)) (isWanted(series, wanted) ? found : others).push(series);
    if (found.length > MAX_NAMED) break;
    // Without a key there may be many of them, and they are not named.
    if (wanted.metadataKey === undefined) others.length = 0;
    else if (others.length === 0 && found.length === 0)
      throw new OperatorError(
        `Metadata ${metadata.metadataKey} has no ${what === 'points' ? 'event types' : 'summaries'}.`,
      );
  }
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new OperatorError(found.length === 0 ? nothing(request.url, wanted, others) : several(found));
}

/** What is looked for, whether it was given as words or as filters. */
interface Wanted {
  readonly metadataKey: string | undefined;
  readonly eventType: string | undefined;
  readonly summaryType: string | undefined;
  readonly window: number | undefined;
}

function wantedOf({ filters }: Request, words: SeriesWords): Wanted {
  const fields = new Map(filters);
  const window = fields.get('summary-window');
  return {
    metadataKey: words.metadataKey ?? fields.get('metadata-key'),
    eventType: words.eventType ?? fields.get('event-type'),
    summaryType: words.summaryType ?? fields.get('summary-type'),
    window: words.window ?? (window === undefined ? undefined : Number(window)),
  };
}

/** With a key, all of the metadata is asked for, to be able to say what there is in place of what there is not. */
function searchOf(
  { filters }: Request,
  { metadataKey, eventType, summaryType, window }: Wanted,
): Record<string, string> {
  const named = { 'event-type': eventType, 'summary-type': summaryType, 'summary-window': window };
  const fields = seriesFields(filters.filter(([name]) => !(name in named)));
  const more = metadataKey === undefined ? named : { 'metadata-key': metadataKey };
  const defined = Object.entries({ ...fields, ...more }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined.map(([name, value]) => [name, String(value)]));
}

function seriesOf(metadata: Metadata, what: 'points' | 'summary'): FoundSeries[] {
  const eventTypes = metadata.getAllEventTypes();
  if (what === 'points') return eventTypes.map((eventType) => ({ metadata, eventType }));
  return eventTypes.flatMap((eventType) =>
    eventType.getAllSummaries().map((summary) => ({ metadata, eventType, summary })),
  );
}

function isWanted({ eventType, summary }: FoundSeries, wanted: Wanted): boolean {
  if (wanted.eventType !== undefined && eventType.eventType !== wanted.eventType) return false;
  if (!summary) return true;
  if (wanted.summaryType !== undefined && summary.summaryType !== wanted.summaryType) return false;
  return wanted.window === undefined || summary.summaryWindow === wanted.window;
}

function nothing(url: string, { metadataKey, eventType, summaryType, window }: Wanted, others: FoundSeries[]): string {
  const named = [eventType, summaryType, window].filter((part) => part !== undefined).join(' ');
  if (metadataKey === undefined) {
    const nearly = eventType === undefined || BUILT_IN.has(eventType) ? undefined : nearest(eventType, EVENT_TYPES);
    const what = nearly === undefined ? 'What there is, "marigram get metadata" says.' : `Did you mean ${nearly}?`;
    return `Nothing in ${url} fits${named === '' ? '' : ` ${named}`}. ${what}`;
  }
  if (others.length === 0) return `There is no such metadata in ${url}: ${metadataKey}.`;
  return `Metadata ${metadataKey} has no ${named}; it has: ${others.map(nameOf).join(', ')}.`;
}

function several(found: readonly FoundSeries[]): string {
  const lines = found.slice(0, MAX_NAMED).map((series) => `  ${commandFor(series)}  # ${betweenWhom(series.metadata)}`);
  const [count, end] = found.length > MAX_NAMED ? [`More than ${MAX_NAMED}`, ['  …']] : [found.length, []];
  return printableLines([`${count} series fit: choose one, or add filters.`, ...lines, ...end]);
}

function commandFor(series: FoundSeries): string {
  return `marigram get ${series.summary ? 'summary' : 'points'} ${series.metadata.metadataKey} ${nameOf(series)}`;
}

/** A series within its metadata, as it is named on a command line. */
function nameOf({ eventType, summary }: FoundSeries): string {
  const name = asWord(eventType.eventType);
  return summary ? `${name} ${summary.summaryType} ${summary.summaryWindow}` : name;
}

/** An event type as a word for a shell. A field of the line protocol may have any characters: as a filter it is no other word. */
function asWord(eventType: string): string {
  return /^[\w.-]+$/.test(eventType) ? eventType : `'event-type=${eventType.replaceAll("'", "'\\''")}'`;
}

/** Who measured between whom: `192.0.2.1 → 192.0.2.2, pscheduler/iperf3`; or what a metadata has instead. */
export function betweenWhom(metadata: Metadata): string {
  const { subjectType, source, destination, toolName } = metadata;
  const withoutHosts = subjectWithoutHosts(subjectType, metadata.toJSON());
  if (withoutHosts !== undefined) return withoutHosts;
  const pair = destination === undefined ? (source ?? '-') : `${source ?? '-'} → ${destination}`;
  return toolName ? `${pair}, ${toolName}` : pair;
}

function printableLines(texts: readonly string[]): string {
  return texts.map(printable).join('\n');
}
