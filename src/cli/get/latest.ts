import { type ApiConnect, type EventTypeInfo, type LatestPoint } from 'marigram-client';
import { BUILT_IN } from '../../event-types/catalogue.js';
import { eventTypesOf } from '../event-types-of.js';
import { formatSeconds } from '../../common/time.js';
import { searchFields } from '../filters.js';
import { type Column } from '../text-table.js';
import { asking, connect, type Request } from './connection.js';
import { quantityOf } from './quantity.js';
import { type RecordKind, writeRecords } from '../record-format.js';
import { relativeTime } from '../time-text.js';
import { writeTable } from '../table-writer.js';
import { valueText } from './value-text.js';

const TEXTS = ['metadata-key', 'event-type', 'source', 'destination', 'tool-name'] as const;

const KIND: RecordKind<LatestPoint> = {
  columns: [...TEXTS, 'ts', 'age', 'cadence', 'val'],
  cellsOf: (latest) => {
    const wire = latest.toJSON();
    const { tsMicros, val } = latest.point;
    return [
      ...TEXTS.map((name) => wire[name] ?? null),
      ...[formatSeconds(tsMicros), latest.age, latest.cadence ?? null],
      typeof val === 'number' ? val : JSON.stringify(val),
    ];
  },
  jsonOf: (latest) => JSON.stringify(latest.toJSON()),
};

/** Prints the newest point of each series that the filters find, a series a line. Throws an `OperatorError`. */
export async function getLatest({ screen, format, filters, limit, ...connection }: Request): Promise<void> {
  await asking(connection.url, async () => {
    const archive = connect(connection, { ...searchFields(filters), limit });
    const found = archive.getLatest();
    if (format !== 'table') await writeRecords(screen, format, KIND, found);
    else if ((await writeTable(screen, COLUMNS, rowsOf(found, archive))) === 0) screen.note('There is nothing.');
    await screen.flush();
  });
}

const COLUMNS: readonly Column[] = [
  { title: 'KEY', whole: true, spare: true },
  { title: 'SOURCE', whole: true },
  { title: 'DESTINATION', whole: true },
  { title: 'EVENT TYPE' },
  { title: 'VALUE' },
  { title: 'AGE', whole: true },
  { title: 'EVERY', whole: true },
];

async function* rowsOf(found: AsyncIterable<LatestPoint>, archive: ApiConnect): AsyncGenerator<string[]> {
  let declared: ReadonlyMap<string, EventTypeInfo> | undefined;
  for await (const { metadataKey, source, destination, eventType, point, age, cadence } of found) {
    if (!BUILT_IN.has(eventType)) declared ??= await eventTypesOf(archive);
    yield [
      ...[metadataKey, source ?? '-', destination ?? '-', eventType],
      valueText(point.val, quantityOf(eventType, declared?.get(eventType))),
      relativeTime(new Date(0), age * 1000),
      cadence === undefined ? '-' : relativeTime(new Date(0), cadence * 1000).replace(/ ago$/, ''),
    ];
  }
}
