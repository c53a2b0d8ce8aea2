import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OperatorError } from '../../common/errors.js';
import { isId } from '../../sessions/is-id.js';
import { isTime } from '../../sessions/micros.js';
import { type StreamType } from '../../storage/sessions/stream-store.js';

/** The tables of a folder, and the type of the streams that have them. */
const TYPES = {
  metrics: 'metric',
  events: 'event',
  aggregates: 'metric',
  distributions: 'metric',
  histograms: 'event',
} as const satisfies Record<string, StreamType>;

export type TableName = keyof typeof TYPES;

const FILE = /^(metrics|events|aggregates|distributions|histograms)_(.+)\.data$/;

/** A first line is some names and a meta of 64 KiB. */
const MAX_HEADER_BYTES = 256 * 1024;

/** A file with a table of one stream. */
export interface FolderTable {
  readonly name: TableName;
  readonly path: string;
  /** Where its rows begin and end, in bytes; what is behind the last end of a line was cut off. */
  readonly begin: number;
  readonly end: number;
  readonly size: number;
  /** Whether a second that is there again replaces the one before; else it is of other points. */
  readonly replaces: boolean;
}

/** A stream of a folder. */
export interface FolderStream {
  readonly id: string;
  readonly type: StreamType;
  readonly caseName: string | null;
  readonly parent: string | null;
  /** With the name, where it has one. */
  readonly meta: Readonly<Record<string, unknown>>;
  readonly tables: readonly FolderTable[];
}

/** A session in a folder, as `LocalStorageBackend` of the SDK and netort write it. */
export interface FolderSession {
  readonly id: string;
  readonly name: string | undefined;
  readonly operator: string | undefined;
  /** In micros; `undefined` where the folder does not tell. */
  readonly testStart: number | undefined;
  readonly testEnd: number | undefined;
  /** Whether its writer has ended it well. */
  readonly status: 'closed' | 'interrupted';
  readonly meta: Readonly<Record<string, unknown>>;
  /** Parents come before their children. */
  readonly streams: readonly FolderStream[];
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads what a folder says of its session and streams: `meta.json`, and where that is missing, after a crash, the first
 * lines of the files. Throws an `OperatorError` for what is no such folder.
 */
export async function readFolder(directory: string): Promise<FolderSession> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new OperatorError(`The folder cannot be read: ${(error as Error).message}.`, { cause: error });
  });
  const described = await readMeta(join(directory, 'meta.json'));
  const { test_start: start, test_end: end, name, operator, ...meta } = described?.job ?? {};
  const streams = new Map<string, FolderStream>();
  for (const file of names.sort()) {
    const [, table, id] = FILE.exec(file) ?? [];
    if (table === undefined || id === undefined || !isId(id)) continue;
    const { header, ...bounds } = await readHeader(join(directory, file));
    const known = streams.get(id);
    streams.set(id, {
      id,
      type: TYPES[table as TableName], // as the pattern says
      caseName: textIn(header, 'case') ?? null,
      parent: textIn(header, 'parent') ?? null,
      meta: known?.meta ?? objectIn(described?.tables[`${table}_${id}`] ?? header, 'meta'),
      tables: [...(known?.tables ?? []), { name: table as TableName, replaces: 'raw' in header, ...bounds }],
    });
  }
  if (streams.size === 0) throw new OperatorError(`${directory} has no files such as metrics_ID.data.`);
  return {
    id: basename(directory),
    name: typeof name === 'string' ? name : undefined,
    operator: typeof operator === 'string' ? operator : undefined,
    testStart: microsIn(start),
    testEnd: microsIn(end),
    // netort writes the file in the end only, and no status.
    status: described && (described.status ?? 'closed') === 'closed' ? 'closed' : 'interrupted',
    meta,
    streams: parentsFirst(streams),
  };
}

async function readMeta(path: string): Promise<{ job: Members; tables: Members; status: unknown } | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new OperatorError(`${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  });
  if (text === undefined) return undefined;
  const members = parseObject(path, text);
  return { job: objectIn(members, 'job_meta'), tables: objectIn(members, 'metrics'), status: members['status'] };
}

/** The first line of a file, and where its rows are. */
async function readHeader(path: string): Promise<{ header: Members } & Omit<FolderTable, 'name' | 'replaces'>> {
  const file = await open(path, 'r');
  try {
    const { size } = await stat(path);
    const head = Buffer.alloc(Math.min(size, MAX_HEADER_BYTES));
    await file.read(head, 0, head.length, 0);
    const newline = head.indexOf('\n');
    if (newline < 0) throw new OperatorError(`${path} does not begin with a line of JSON.`);
    const tail = Buffer.alloc(Math.min(size, MAX_HEADER_BYTES));
    await file.read(tail, 0, tail.length, size - tail.length);
    const end = size - tail.length + tail.lastIndexOf('\n') + 1;
    return { header: parseObject(path, head.toString('utf8', 0, newline)), path, begin: newline + 1, end, size };
  } finally {
    await file.close();
  }
}

function parseObject(path: string, text: string): Members {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  } catch {
    // Told below.
  }
  throw new OperatorError(`${path} does not have the JSON that is expected there.`);
}

function objectIn(members: unknown, name: string): Members {
  const value = (members as Members | undefined)?.[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function textIn(members: Members, name: string): string | undefined {
  const value = members[name];
  return typeof value === 'string' ? value : undefined;
}

function microsIn(value: unknown): number | undefined {
  return typeof value === 'number' && isTime(value) ? value : undefined;
}

/** A parent that is not in the folder stands for itself; the archive names it then. */
function parentsFirst(streams: ReadonlyMap<string, FolderStream>): FolderStream[] {
  const sorted = new Set<FolderStream>();
  const add = (stream: FolderStream, children: readonly FolderStream[]): void => {
    const parent = streams.get(stream.parent ?? '');
    if (parent && !children.includes(parent)) add(parent, [...children, stream]);
    sorted.add(stream);
  };
  for (const stream of streams.values()) add(stream, []);
  return [...sorted];
}
