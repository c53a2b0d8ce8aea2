import { AuditStore, type AuditFilter } from '../storage/access/audit-store.js';
import { type List, type ListOptions, printList } from './list.js';
import { type Column } from './text-table.js';
import { timeOf } from './time-text.js';
import { withDatabase } from './with-database.js';

/** What to list, and how. */
export interface AuditOptions extends ListOptions {
  readonly since?: Date;
  readonly user?: string;
  readonly metadata?: string;
  readonly limit: number;
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
    [whole('TIME'), { title: 'WHO' }, whole('FROM'), whole('WHAT'), whole('WHICH'), { title: 'DETAILS' }],
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
    [whole('HOUR'), { title: 'WHO' }, number('REQUESTS'), number('POINTS')],
    ({ hour, requests, points, ...by }) => [timeOf(hour), nameOf(by), String(requests), String(points)],
  );
}

/** Prints which points were accepted and dropped, why, and who sent the last of them. */
export async function listDropped(env: NodeJS.ProcessEnv, options: AuditOptions): Promise<void> {
  await list(
    env,
    options,
    (store, filter) => store.dropped(filter),
    [
      ...[whole('METADATA'), whole('EVENT TYPE'), { title: 'REASON' }, number('POINTS'), whole('FIRST'), whole('LAST')],
      ...[{ title: 'LAST FROM' }, whole('ADDRESS')],
    ],
    ({ metadata, eventType, reason, points, firstTime, lastTime, address, ...by }) => [
      ...[metadata, eventType, reason, String(points), timeOf(firstTime), timeOf(lastTime), nameOf(by), address ?? '-'],
    ],
  );
}

function whole(title: string): Column {
  return { title, whole: true };
}

function number(title: string): Column {
  return { title, whole: true, align: 'right' };
}

async function list<Row extends object>(
  env: NodeJS.ProcessEnv,
  { user, metadata, since, limit, ...options }: AuditOptions,
  find: (store: AuditStore, filter: AuditFilter) => Promise<Row[]>,
  columns: List<Row>['columns'],
  cellsOf: List<Row>['cellsOf'],
): Promise<void> {
  await withDatabase(env, async (app) => {
    const filter: AuditFilter = {
      limit,
      ...(since && { since }),
      ...(user !== undefined && { username: user }),
      ...(metadata !== undefined && { target: metadata }),
    };
    const rows = await find(app.get(AuditStore), filter);
    await printList(env, options, { rows, columns, cellsOf, empty: 'There is nothing.' });
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
