import { type Metadata } from 'marigram-client';
import { asking, connect, type Request } from './connection.js';
import { searchFields } from '../filters.js';
import { type RecordKind, writeRecords } from '../record-format.js';
import { relativeTime } from '../time-text.js';
import { subjectWithoutHosts } from '../subject-text.js';
import { writeTable } from '../table-writer.js';
import { type Column } from '../text-table.js';

const TEXTS = ['source', 'destination', 'measurement-agent', 'tool-name', 'input-source', 'input-destination'] as const;

/** What an answer says of itself stands in the first of its metadata. */
const OF_THE_PAGE: readonly string[] = ['metadata-count-total', 'metadata-next-page', 'metadata-previous-page'];

const KIND: RecordKind<Metadata> = {
  columns: ['metadata-key', 'subject-type', ...TEXTS, 'event-types', 'time-updated', 'uri'],
  cellsOf: (metadata) => [
    ...[metadata.metadataKey, metadata.subjectType],
    ...TEXTS.map((name) => metadata.getFreeformKeyValue(name) ?? null),
    ...[metadata.eventTypes.join(' '), secondsOf(lastUpdated(metadata)), metadata.uri],
  ],
  jsonOf: (metadata) =>
    JSON.stringify(
      Object.fromEntries(Object.entries(metadata.toJSON()).filter(([name]) => !OF_THE_PAGE.includes(name))),
    ),
};

/** Prints the metadata that the filters find, one a line. Throws an `OperatorError`. */
export async function getMetadata({ screen, format, filters, limit, ...connection }: Request): Promise<void> {
  await asking(connection.url, async () => {
    const found = connect(connection, { ...searchFields(filters), limit }).getMetadata();
    if (format !== 'table') await writeRecords(screen, format, KIND, found);
    else if ((await writeTable(screen, COLUMNS, rowsOf(found))) === 0) screen.note('There is nothing.');
    await screen.flush();
  });
}

const COLUMNS: readonly Column[] = [
  { title: 'KEY', whole: true },
  { title: 'SOURCE', whole: true },
  { title: 'DESTINATION', whole: true },
  { title: 'AGENT', whole: true, spare: true },
  { title: 'TOOL', spare: true },
  { title: 'EVENT TYPES' },
  { title: 'UPDATED', whole: true },
];

async function* rowsOf(found: AsyncIterable<Metadata>): AsyncGenerator<string[]> {
  const now = Date.now();
  for await (const metadata of found)
    yield [
      metadata.metadataKey,
      metadata.source ?? subjectWithoutHosts(metadata.subjectType, metadata.toJSON()) ?? '-',
      metadata.destination ?? '-',
      metadata.measurementAgent ?? '-',
      metadata.toolName ?? '-',
      metadata.eventTypes.join(', '),
      relativeTime(lastUpdated(metadata), now),
    ];
}

/** When a point of any event type was last stored. */
export function lastUpdated(metadata: Metadata): Date | undefined {
  return latest(metadata.getAllEventTypes().map(({ timeUpdated }) => timeUpdated));
}

/** The last of some times; `undefined` if there is none. */
export function latest(times: readonly (Date | undefined)[]): Date | undefined {
  return times.reduce((last, time) => (time && (!last || time > last) ? time : last), undefined);
}

/** A time as the wire has it. */
export function secondsOf(time: Date | undefined): number | null {
  return time === undefined ? null : time.getTime() / 1000;
}
