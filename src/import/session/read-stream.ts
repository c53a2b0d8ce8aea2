import { basename } from 'node:path';
import { BadPart } from '../../common/errors.js';
import { MICROS_PER_SECOND } from '../../common/time.js';
import { type Progress } from '../../jobs/progress.js';
import { isTime } from '../../sessions/micros.js';
import { PostedColumns } from '../../sessions/points/posted-columns.js';
import { checkFields, integerIn, numberIn } from './fields.js';
import { type FolderReport, type StreamReport } from './folder-report.js';
import { type FolderStream, type FolderTable, type TableName } from './folder.js';
import { type SecondsTable, secondsOf, type FinishedSecond, TableSeconds } from './seconds.js';
import { tableRows } from './table-rows.js';

/** The bounds of one transaction. */
const BATCH_ROWS = 10_000;
const BATCH_CHARACTERS = 8 * 1024 ** 2;

/** Where the data of a stream go; a dry run has none. */
interface Sink {
  storePoints(row: number, columns: PostedColumns): Promise<void>;
  sealSeconds(seconds: readonly FinishedSecond[], signal: AbortSignal | undefined): Promise<void>;
}

/** Reads the tables of one stream, and counts what is in them. */
export class StreamReader {
  constructor(
    private readonly stream: FolderStream,
    /** In micros. */
    private readonly testStart: number,
    private readonly counts: { readonly all: FolderReport; readonly stream: StreamReport },
    private readonly progress: Pick<Progress, 'signal'> & { readonly onBytes: (bytes: number) => void },
  ) {}

  /**
   * Hands over the points of the stream, or its seconds where it has none. Rows are numbered in their order, without the
   * bad ones, so that they have the same numbers each time.
   * @returns the end of the last second that came without points, in micros; else -Infinity.
   */
  async read(sink: Sink | undefined): Promise<number> {
    const raw = this.stream.tables.find(({ name }) => name === 'metrics' || name === 'events');
    if (raw) {
      this.counts.stream.isComputed = this.stream.tables.length > 1;
      await this.readPoints(raw, sink);
      return -Infinity;
    }
    const tables: TableSeconds[] = [];
    for (const table of this.stream.tables)
      if (isOfSeconds(table.name)) tables.push(await this.readSeconds(table.name, table));
    const seconds = secondsOf(tables);
    this.counts.stream.seconds.read = seconds.length;
    await sink?.sealSeconds(seconds, this.progress.signal);
    return this.testStart + ((seconds.at(-1)?.second ?? -Infinity) + 1) * MICROS_PER_SECOND;
  }

  private async readPoints(table: FolderTable, sink: Sink | undefined): Promise<void> {
    const { points } = this.counts.stream;
    const empty = (): PostedColumns =>
      new PostedColumns({ type: this.stream.type, origin: this.testStart, most: Infinity });
    let columns = empty();
    let characters = 0;
    const flush = async (): Promise<void> => {
      const { length } = columns.micros;
      if (length > 0) await sink?.storePoints(points.read - length, columns);
      [columns, characters] = [empty(), 0];
    };
    await this.eachRow(table, async (fields) => {
      if (!this.addPoint(columns, fields)) return false;
      points.read++;
      characters += fields[1]?.length ?? 0;
      if (columns.micros.length >= BATCH_ROWS || characters >= BATCH_CHARACTERS) await flush();
      return true;
    });
    await flush();
  }

  /** Returns false for a row without a value. Throws a `BadPart` for a bad one; nothing is added then. */
  private addPoint(columns: PostedColumns, fields: readonly string[]): boolean {
    checkFields(fields, 2);
    const [ts = '', value = ''] = fields;
    const time = integerIn('ts', ts);
    if (!isTime(this.testStart + time)) throw new BadPart('ts', `${time} is outside the years that can be stored`);
    if (columns.hasNumbers) {
      const number = numberIn('value', value);
      if (Number.isNaN(number)) return false;
      columns.addNumber(number);
    } else columns.addText(value);
    columns.addTime(time);
    return true;
  }

  private async readSeconds(name: SecondsTable, table: FolderTable): Promise<TableSeconds> {
    const seconds = new TableSeconds(name, table.replaces);
    await this.eachRow(table, (fields) => seconds.add(fields));
    return seconds;
  }

  /** @param add returns false for a row without a value, and throws a `BadPart` for a bad one. */
  private async eachRow(
    table: FolderTable,
    add: (fields: readonly string[]) => boolean | Promise<boolean>,
  ): Promise<void> {
    const { all, stream } = this.counts;
    for await (const row of tableRows(table, this.progress.onBytes)) {
      this.progress.signal?.throwIfAborted();
      try {
        if (row.kind === 'bad') throw new BadPart('', row.problem);
        const isAdded = await add(row.fields);
        if (!isAdded) stream.empty++;
      } catch (error) {
        if (!(error instanceof BadPart)) throw error;
        all.badLine(stream, basename(table.path), row.line, error.message);
      }
    }
  }
}

function isOfSeconds(name: TableName): name is SecondsTable {
  return name !== 'metrics' && name !== 'events';
}
