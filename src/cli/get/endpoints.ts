import { type Metadata } from 'marigram-client';
import { asking, connect, type Request } from './connection.js';
import { searchFields } from '../filters.js';
import { lastUpdated, latest, secondsOf } from './metadata.js';
import { type RecordKind, writeRecords } from '../record-format.js';
import { relativeTime } from '../time-text.js';
import { writeTable } from '../table-writer.js';
import { type Column } from '../text-table.js';

/** A source and a destination, with all that is measured between them. */
interface Pair {
  readonly source: string;
  /** `null` for a network element. */
  readonly destination: string | null;
  readonly sourceNames: Set<string>;
  readonly destinationNames: Set<string>;
  readonly tools: Set<string>;
  readonly eventTypes: Set<string>;
  metadata: number;
  updated: Date | undefined;
}

const KIND: RecordKind<Pair> = {
  columns: ['source', 'destination', 'tool-names', 'event-types', 'metadata-count', 'time-updated'],
  cellsOf: ({ source, destination, tools, eventTypes, metadata, updated }) => [
    ...[source, destination, sorted(tools).join(' '), sorted(eventTypes).join(' '), metadata, secondsOf(updated)],
  ],
  jsonOf: (pair) =>
    JSON.stringify({
      source: pair.source,
      destination: pair.destination,
      'input-sources': sorted(pair.sourceNames),
      'input-destinations': sorted(pair.destinationNames),
      'tool-names': sorted(pair.tools),
      'event-types': sorted(pair.eventTypes),
      'metadata-count': pair.metadata,
      'time-updated': secondsOf(pair.updated),
    }),
};

/** Prints between whom the metadata are that the filters find, a pair a line. Throws an `OperatorError`. */
export async function getEndpoints({ screen, format, filters, limit, ...connection }: Request): Promise<void> {
  await asking(connection.url, async () => {
    const pairs = inOrder(await pairsOf(connect(connection, searchFields(filters)).getMetadata()), limit);
    if (format !== 'table') await writeRecords(screen, format, KIND, pairs);
    else if ((await writeTable(screen, COLUMNS, rowsOf(pairs))) === 0) screen.note('There is nothing.');
    await screen.flush();
  });
}

async function pairsOf(found: AsyncIterable<Metadata>): Promise<Pair[]> {
  const pairs = new Map<string, Pair>();
  for await (const metadata of found) {
    const { source = '-', destination = null } = metadata;
    const key = JSON.stringify([source, destination]);
    const pair = pairs.get(key) ?? newPair(source, destination);
    pairs.set(key, pair);
    addTo(pair.sourceNames, metadata.inputSource);
    addTo(pair.destinationNames, metadata.inputDestination);
    addTo(pair.tools, metadata.toolName);
    for (const name of metadata.eventTypes) pair.eventTypes.add(name);
    pair.metadata++;
    pair.updated = latest([pair.updated, lastUpdated(metadata)]);
  }
  return [...pairs.values()];
}

function newPair(source: string, destination: string | null): Pair {
  const sets = {
    sourceNames: new Set<string>(),
    destinationNames: new Set<string>(),
    tools: new Set<string>(),
    eventTypes: new Set<string>(),
  };
  return { source, destination, ...sets, metadata: 0, updated: undefined };
}

/** By address, the numbers in it as numbers. */
function inOrder(pairs: Pair[], limit: number | undefined): Pair[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  pairs.sort((a, b) => compare(a.source, b.source) || compare(a.destination ?? '', b.destination ?? ''));
  return pairs.slice(0, limit);
}

const COLUMNS: readonly Column[] = [
  // An address is never cut; names, which stand behind it, are.
  ...['SOURCE', 'DESTINATION'].map((title) => ({ title, whole: 'first word' as const })),
  ...[{ title: 'TOOLS' }, { title: 'EVENT TYPES' }],
  { title: 'METADATA', align: 'right', whole: true },
  { title: 'UPDATED', whole: true },
];

function* rowsOf(pairs: readonly Pair[]): Generator<string[]> {
  const now = Date.now();
  for (const { source, destination, tools, eventTypes, ...pair } of pairs)
    yield [
      named(source, pair.sourceNames),
      named(destination ?? '-', pair.destinationNames),
      sorted(tools).join(', '),
      sorted(eventTypes).join(', '),
      String(pair.metadata),
      relativeTime(pair.updated, now),
    ];
}

function named(address: string, names: ReadonlySet<string>): string {
  const others = sorted(names).filter((name) => name !== address);
  return others.length === 0 ? address : `${address} (${others.join(', ')})`;
}

/** Absent and empty are the same to the archive. */
function addTo(set: Set<string>, text: string | undefined): void {
  if (text) set.add(text);
}

function sorted(set: ReadonlySet<string>): string[] {
  return [...set].sort();
}
