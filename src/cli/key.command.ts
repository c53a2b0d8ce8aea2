import { ApiKeyService, type KeyOptions } from '../auth/api-key.service.js';
import { type Scope } from '../auth/scope.js';
import { formatLimits } from '../auth/subject-limits.js';
import { OperatorError } from '../common/errors.js';
import { type Expiry, type ListedKey } from '../storage/access/key-store.js';
import { type List, type ListOptions, printList } from './list.js';
import { timeOf } from './time-text.js';
import { withDatabase } from './with-database.js';

/** Issues a key and prints it on the last line of stdout as `Key: <40 hexadecimal digits>`, which scripts parse. */
export async function issueKey(env: NodeJS.ProcessEnv, user: string, scope: Scope, options: KeyOptions): Promise<void> {
  await withDatabase(env, async (app, place) => {
    const { id, key } = await app.get(ApiKeyService).issue(user, scope, options);
    const limits = options.limits ? `, only for ${formatLimits(options.limits)}` : '';
    console.log(`Issued key ${id} to ${user} with scope ${scope}${limits} (${place}).`);
    showOnce(key);
  });
}

const LIST: Omit<List<ListedKey>, 'rows'> = {
  columns: [
    ...([{ title: 'ID', whole: true }, { title: 'USER' }, { title: 'SCOPE', whole: true }] as const),
    ...['CREATED', 'EXPIRES', 'LAST USED', 'FROM'].map((title) => ({ title, whole: true as const })),
    ...([{ title: 'ONLY' }, { title: 'STATE', whole: true }] as const),
  ],
  cellsOf: (key) => [
    ...[String(key.id), key.username, key.scope, timeOf(key.created), timeOf(key.expires), timeOf(key.lastUsed)],
    ...[key.lastAddress ?? '-', formatLimits(key.limits) || '-', stateOf(key)],
  ],
  empty: 'There is no key yet.',
};

/** Prints all keys, without their secrets. */
export async function listKeys(env: NodeJS.ProcessEnv, options: ListOptions): Promise<void> {
  await withDatabase(env, async (app) => {
    await printList(env, options, { ...LIST, rows: await app.get(ApiKeyService).list() });
  });
}

/**
 * Issues a key that replaces another one, which expires after the overlap (in seconds); prints it as `issueKey`
 * does. Throws an `OperatorError` where there is no working key of this number.
 */
export async function rotateKey(
  env: NodeJS.ProcessEnv,
  id: number,
  overlap: number,
  expiry: Expiry | undefined,
): Promise<void> {
  await withDatabase(env, async (app) => {
    const keys = app.get(ApiKeyService);
    const successor = await keys.rotate(id, overlap, expiry);
    if (!successor) throw noSuchKey(id);
    const old = (await keys.list()).find((key) => key.id === id);
    console.log(`Issued key ${successor.id} to ${successor.username} in place of key ${id}.`);
    console.log(`Key ${id} works until ${timeOf(old?.expires ?? null)}.`);
    showOnce(successor.key);
  });
}

/** Revokes a key. Throws an `OperatorError` where there is no working key of this number. */
export async function revokeKey(env: NodeJS.ProcessEnv, id: number): Promise<void> {
  await withDatabase(env, async (app) => {
    const user = await app.get(ApiKeyService).revoke(id);
    if (user === undefined) throw noSuchKey(id);
    console.log(`Revoked key ${id} of ${user}.`);
  });
}

function showOnce(key: string): void {
  console.log('Keep it safe: it is shown only now.');
  console.log(`Key: ${key}`);
}

function stateOf({ revoked, works, successor }: ListedKey): string {
  if (revoked) return `revoked ${timeOf(revoked)}`;
  const state = works ? 'works' : 'expired';
  return successor === null ? state : `${state}, replaced by ${successor}`;
}

function noSuchKey(id: number): OperatorError {
  return new OperatorError(`There is no working key ${id}: see "marigram key list".`);
}
