import { ApiKeyService } from '../auth/api-key.service.js';
import { type Scope } from '../auth/scope.js';
import { StartError } from '../common/errors.js';
import { withDatabase } from './with-database.js';

/** Issues a key and prints it on the last line of stdout as `Key: <40 hexadecimal digits>`, which scripts parse. */
export async function issueKey(env: NodeJS.ProcessEnv, user: string, scope: Scope): Promise<void> {
  await withDatabase(env, async (app, place) => {
    const { id, key } = await app.get(ApiKeyService).issue(user, scope);
    console.log(`Issued key ${id} to ${user} with scope ${scope} (${place}).`);
    console.log('Keep it safe: it is shown only now.');
    console.log(`Key: ${key}`);
  });
}

/** Prints a line for each key: number, user, scope, and when it was issued and revoked. */
export async function listKeys(env: NodeJS.ProcessEnv): Promise<void> {
  await withDatabase(env, async (app) => {
    const keys = await app.get(ApiKeyService).list();
    if (keys.length === 0) {
      console.log('There is no key yet.');
      return;
    }
    const rows = keys.map(({ id, username, scope, created, revoked }) => [
      String(id),
      username,
      scope,
      timeOf(created),
      revoked ? `revoked ${timeOf(revoked)}` : 'works',
    ]);
    const table = [['ID', 'USER', 'SCOPE', 'ISSUED', 'STATE'], ...rows];
    for (const row of table)
      console.log(
        row
          .map((cell, column) => cell.padEnd(widthOf(table, column)))
          .join('  ')
          .trimEnd(),
      );
  });
}

/** Ends a key. Throws a `StartError` where there is no working key of this number. */
export async function revokeKey(env: NodeJS.ProcessEnv, id: number): Promise<void> {
  await withDatabase(env, async (app) => {
    const key = await app.get(ApiKeyService).revoke(id);
    if (!key) throw new StartError(`There is no working key ${id}: see "marigram key list".`);
    console.log(`Revoked key ${id} of ${key.username}.`);
  });
}

function widthOf(table: readonly (readonly string[])[], column: number): number {
  return Math.max(...table.map((row) => row[column]?.length ?? 0));
}

function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
