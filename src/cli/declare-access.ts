import { type Command, Option } from 'commander';
import { SCOPES, type Scope } from '../auth/scope.js';
import { parseLimits } from '../auth/subject-limits.js';
import { type AddressRange } from '../common/address.js';
import { OperatorError } from '../common/errors.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { type Expiry } from '../storage/access/key-store.js';
import { count, date, duration, expiry, keyId, ranges, texts, userName } from './arguments.js';
import { type AuditOptions } from './audit.command.js';
import { type ListOptions, withOutput } from './list.js';

const ONLY =
  'only for metadata with this field, such as source=192.0.2.0/24; of several values of a field one must fit, ' +
  'and every field that is given';

/** The default overlap of a rotated key: a day to change all clients. */
const OVERLAP_SECONDS = 24 * 3600;

interface Rights {
  readonly scope: Scope;
  readonly only: string[];
}

/** Declares the commands that say who may do what, and who did what, with this environment. */
export function declareAccess(program: Command, env: NodeJS.ProcessEnv): void {
  declareKeys(program, env);
  declareNetworks(program, env);
  declareAudit(program, env);
}

function declareKeys(program: Command, env: NodeJS.ProcessEnv): void {
  const key = program.command('key').description('API keys: what clients need to write');
  rightsOf(
    key
      .command('issue')
      .description('issue a new key; it is shown once, on the last line, and only its SHA-256 is stored')
      .argument('<user>', 'who gets it', userName),
  )
    .option('--expires <when>', 'when it ends: 90d, 12h, 2027-01-01 (in UTC) or never', expiry, 'never')
    .action(async (user: string, { scope, only, expires }: Rights & { expires: Expiry }) => {
      const limits = limitsOf(only);
      await (await import('./key.command.js')).issueKey(env, user, scope, { expiry: expires, limits });
    });
  withOutput(key.command('list').description('list all keys')).action(async (options: ListOptions) => {
    await (await import('./key.command.js')).listKeys(env, options);
  });
  key
    .command('rotate')
    .description('issue a key with the same rights in place of another one; both work for a while')
    .argument('<id>', 'its number in the list', keyId)
    .option('--overlap <time>', 'how long the old key stays valid (default: 24h)', duration, OVERLAP_SECONDS)
    .option('--expires <when>', 'when the new one ends (default: after as long a life as the old one)', expiry)
    .action(async (id: number, { overlap, expires }: { overlap: number; expires?: Expiry }) => {
      await (await import('./key.command.js')).rotateKey(env, id, overlap, expires);
    });
  key
    .command('revoke')
    .description('end a key; servers notice within seconds')
    .argument('<id>', 'its number in the list', keyId)
    .action(async (id: number) => {
      await (await import('./key.command.js')).revokeKey(env, id);
    });
}

function declareNetworks(program: Command, env: NodeJS.ProcessEnv): void {
  const network = program.command('network').description('ranges of addresses whose clients need no key');
  rightsOf(
    network
      .command('add')
      .description('let clients in these ranges act as a user; of several ranges that fit the smallest counts')
      .argument('<user>', 'as whom they act', userName)
      .argument('<cidr...>', 'such as 192.0.2.0/24 or 2001:db8::/32', ranges),
  ).action(async (user: string, added: AddressRange[], { scope, only }: Rights) => {
    const limits = limitsOf(only);
    await (await import('./network.command.js')).addNetworks(env, user, added, scope, limits);
  });
  withOutput(network.command('list').description('list all networks')).action(async (options: ListOptions) => {
    await (await import('./network.command.js')).listNetworks(env, options);
  });
  network
    .command('remove')
    .description('end networks; servers notice within seconds')
    .argument('<cidr...>', 'as in the list', ranges)
    .action(async (removed: AddressRange[]) => {
      await (await import('./network.command.js')).removeNetworks(env, removed);
    });
}

function declareAudit(program: Command, env: NodeJS.ProcessEnv): void {
  const audit = filtersOf(program.command('audit').description('who changed what and when'));
  audit.action(async (options: AuditOptions) => {
    await (await import('./audit.command.js')).listAudit(env, options);
  });
  filtersOf(audit.command('writes').description('how much was written with each key, by the hour')).action(
    async (_options: unknown, command: Command) => {
      await (await import('./audit.command.js')).listWrites(env, command.optsWithGlobals<AuditOptions>());
    },
  );
  filtersOf(
    audit.command('dropped').description('points that were accepted and dropped on purpose, and who sent them'),
  ).action(async (_options: unknown, command: Command) => {
    await (await import('./audit.command.js')).listDropped(env, command.optsWithGlobals<AuditOptions>());
  });
}

function rightsOf(command: Command): Command {
  return command
    .addOption(new Option('--scope <scope>', 'what it may do').choices(SCOPES).default('write'))
    .option('--only <field=value>', ONLY, texts, []);
}

function filtersOf(command: Command): Command {
  return withOutput(command)
    .option('--since <when>', 'from when on: -24h, -30d or 2027-01-01 (in UTC)', date)
    .option('--user <user>', 'of this user only')
    .option('--metadata <key>', 'of this metadata only')
    .option('--limit <rows>', 'the maximum of rows, the newest ones', count, 1000);
}

function limitsOf(only: readonly string[]): StoredLimits | null {
  try {
    return parseLimits(only);
  } catch (error) {
    throw new OperatorError(`--only: ${(error as Error).message}`);
  }
}
