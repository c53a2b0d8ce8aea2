import { AuditStore, type AuditFilter } from '../storage/audit-store.js';
import { printTable, timeOf } from './table.js';
import { withDatabase } from './with-database.js';

/** What to list, and how. */
export interface AuditOptions {
  readonly since?: Date;
  readonly user?: string;
  readonly metadata?: string;
  readonly limit: number;
  readonly output: 'table' | 'json';
}

interface Origin {
  readonly username: string;
  readonly apiKey: number | null;
}

/** Prints who changed what and when. */
export async function listAudit(env: NodeJS.ProcessEnv, options: AuditOptions): Promise<void> {
  await list(
    env,
    options,
    (store, filter) => store.list(filter),
    ['TIME', 'WHO', 'FROM', 'WHAT', 'WHICH', 'DETAILS'],
    ({ time, address, action, target, details, ...by }) => [
      ...[timeOf(time), nameOf(by), address ?? '-', action, target ?? '-', detailsOf(details)],
    ],
  );
}

/** Prints how much was written with each key, by the hour. */
export async function listWrites(env: NodeJS.ProcessEnv, options: AuditOptions): Promise<void> {
  await list(
    env,
    options,
    (store, filter) => store.writes(filter),
    ['HOUR', 'WHO', 'REQUESTS', 'POINTS'],
    ({ hour, requests, points, ...by }) => [timeOf(hour), nameOf(by), String(requests), String(points)],
  );
}

/** Prints which points were accepted and dropped, why, and who sent the last of them. */
export async function listDropped(env: NodeJS.ProcessEnv, options: AuditOptions): Promise<void> {
  await list(
    env,
    options,
    (store, filter) => store.dropped(filter),
    ['METADATA', 'EVENT TYPE', 'REASON', 'POINTS', 'FIRST', 'LAST', 'LAST FROM', 'ADDRESS'],
    ({ metadata, eventType, reason, points, firstTime, lastTime, address, ...by }) => [
      ...[metadata, eventType, reason, String(points), timeOf(firstTime), timeOf(lastTime), nameOf(by), address ?? '-'],
    ],
  );
}

async function list<Row extends object>(
  env: NodeJS.ProcessEnv,
  { output, user, metadata, since, limit }: AuditOptions,
  find: (store: AuditStore, filter: AuditFilter) => Promise<Row[]>,
  heading: readonly string[],
  cellsOf: (row: Row) => string[],
): Promise<void> {
  await withDatabase(env, async (app) => {
    const filter: AuditFilter = {
      limit,
      ...(since && { since }),
      ...(user !== undefined && { username: user }),
      ...(metadata !== undefined && { target: metadata }),
    };
    const rows = await find(app.get(AuditStore), filter);
    if (output === 'json') console.log(JSON.stringify(rows, undefined, 2));
    else if (rows.length === 0) console.log('There is nothing.');
    else printTable(heading, rows.map(cellsOf));
    if (rows.length === limit) console.error(`Only the newest ${limit} are shown: see --limit.`);
  });
}

function nameOf({ username, apiKey }: Origin): string {
  return apiKey === null ? username : `${username} (key ${apiKey})`;
}

function detailsOf(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
