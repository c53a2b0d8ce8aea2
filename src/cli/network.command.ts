import { NetworkService } from '../auth/network.service.js';
import { type Scope } from '../auth/scope.js';
import { formatLimits } from '../auth/subject-limits.js';
import { type AddressRange } from '../common/address.js';
import { OperatorError } from '../common/errors.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { type ListOptions, printList } from './list.js';
import { timeOf } from './time-text.js';
import { withDatabase } from './with-database.js';

/** Adds ranges whose clients act as a user without a key. */
export async function addNetworks(
  env: NodeJS.ProcessEnv,
  user: string,
  ranges: readonly AddressRange[],
  scope: Scope,
  limits: StoredLimits | null,
): Promise<void> {
  await withDatabase(env, async (app) => {
    const added = await app.get(NetworkService).add(user, ranges, scope, limits);
    const only = limits ? `, only for ${formatLimits(limits)}` : '';
    for (const range of added) console.log(`Clients in ${range} act as ${user} with scope ${scope}${only}.`);
  });
}

/** Prints all networks. */
export async function listNetworks(env: NodeJS.ProcessEnv, options: ListOptions): Promise<void> {
  await withDatabase(env, async (app) => {
    await printList(env, options, {
      rows: await app.get(NetworkService).list(),
      columns: [
        ...([{ title: 'NETWORK', whole: true }, { title: 'USER' }, { title: 'SCOPE', whole: true }] as const),
        ...([{ title: 'CREATED', whole: true }, { title: 'ONLY' }] as const),
      ],
      cellsOf: ({ range, username, scope, created, limits }) => [
        ...[range, username, scope, timeOf(created), formatLimits(limits) || '-'],
      ],
      empty: 'There is no network yet.',
    });
  });
}

/** Removes networks. Throws an `OperatorError` where one of them does not exist; those before it are removed then. */
export async function removeNetworks(env: NodeJS.ProcessEnv, ranges: readonly AddressRange[]): Promise<void> {
  await withDatabase(env, async (app) => {
    for (const range of ranges) {
      const user = await app.get(NetworkService).remove(range);
      if (user === undefined)
        throw new OperatorError(`There is no network ${String(range)}: see "marigram network list".`);
      console.log(`Clients in ${String(range)} do not act as ${user} any more.`);
    }
  });
}
