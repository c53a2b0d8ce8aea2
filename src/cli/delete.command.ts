import { type INestApplicationContext } from '@nestjs/common';
import { operator } from '../auth/caller.js';
import { OperatorError } from '../common/errors.js';
import { parseBounds, type Query } from '../common/time-range.js';
import { DeletionService } from '../deletion/deletion.service.js';
import { parseSpan } from '../deletion/parse-span.js';
import { EVENT_TYPES } from '../event-types/catalogue.js';
import { parseSearch } from '../search/parse-search.js';
import { SearchService } from '../search/search.service.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { type StoredMetadata } from '../storage/registry/metadata-store.js';
import { filtersOf } from './filters.js';
import { asSentence, checkConfirmed } from './mistakes.js';
import { didYouMean } from './nearest.js';
import { printable } from './text-table.js';
import { subjectWithoutHosts } from './subject-text.js';
import { withDatabase } from './with-database.js';

/** What to delete of the metadata found. */
export interface DeleteOptions {
  readonly only?: string;
  readonly from?: string;
  readonly to?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** How many metadata are fetched at a time. */
const PAGE_ROWS = 500;

/** Search parameters that select no metadata; a user who gives one expects fewer deletions than would happen. */
const NO_FILTERS = ['limit', 'offset', 'order', 'format'];

/** Says how names are compared; it filters nothing by itself. */
const MATCH_RULE = 'dns-match-rule';

/**
 * Deletes what a metadata search finds: whole metadata, one event type of each, or points of a time. Each is a
 * transaction of its own. Without `yes` nothing is deleted. Throws an `OperatorError` where the request is not clear.
 */
export async function deleteFound(
  env: NodeJS.ProcessEnv,
  words: readonly string[],
  options: DeleteOptions,
): Promise<void> {
  for (const name of NO_FILTERS)
    if (words.some((word) => word.startsWith(`${name}=`)))
      throw new OperatorError(`${name} is no filter; nothing was deleted.`);
  const filters = filtersOf(words);
  if (!filters.some(([name]) => name !== MATCH_RULE) && !options.all)
    throw new OperatorError('Name what to delete, or give --all for everything.');
  checkConfirmed(options);
  await explained(() => {
    checkTimes(options);
  });
  await withDatabase(env, async (app) => {
    const all = await explained(() => findAll(app, Object.fromEntries(filters)));
    await checkEventType(app, options, all);
    const found = all.filter((one) => wantedOf(one, options).length > 0 || options.only === undefined);
    let metadata = 0;
    let points = 0;
    for (const one of found) {
      const eventTypes = wantedOf(one, options);
      const line = `${one.key}  ${betweenWhom(one)}  ${eventTypes.join(', ')}`;
      console.log(process.stdout.isTTY ? printable(line) : line);
      if (options.dryRun) continue;
      const deleted = await explained(() => deleteOne(app, one.key, eventTypes, options));
      metadata += deleted.metadata;
      points += deleted.points;
    }
    if (options.dryRun) console.log(`Found ${found.length} metadata${scopeOf(options)}; nothing was deleted.`);
    else console.log(`Deleted ${points} points and ${metadata} metadata of ${found.length} found.`);
  });
}

/** Whom a metadata is about: both hosts and the tool, or what it has instead. */
function betweenWhom({ subjectType, source, destination, toolName, parameters }: StoredMetadata): string {
  const pair = `${source ?? '-'} → ${destination ?? '-'}  ${toolName ?? '-'}`;
  return subjectWithoutHosts(subjectType, parameters) ?? pair;
}

/** Refuses an event type that neither the archive nor what was found knows, so that a dry run fails as the real one. */
async function checkEventType(
  app: INestApplicationContext,
  { only }: DeleteOptions,
  found: readonly StoredMetadata[],
): Promise<void> {
  if (only === undefined || found.some(({ eventTypes }) => eventTypes.some(({ eventType }) => eventType === only)))
    return;
  const declared = (await app.get(EventTypeStore).declared()).map(({ name }) => name);
  const all: readonly string[] = [...EVENT_TYPES, ...declared];
  if (!all.includes(only))
    throw new OperatorError(
      `--only: there is no event type ${JSON.stringify(only)}; nothing was deleted${didYouMean(only, all)}`,
    );
}

function checkTimes({ from, to }: DeleteOptions): void {
  const bounds = { ...(from !== undefined && { '--from': from }), ...(to !== undefined && { '--to': to }) };
  parseBounds(bounds, '--from', '--to');
}

/** The event types of a metadata that are to be deleted, or of which points are. */
function wantedOf({ eventTypes }: StoredMetadata, { only }: DeleteOptions): string[] {
  return eventTypes.map(({ eventType }) => eventType).filter((name) => only === undefined || name === only);
}

/** Describes which part of the metadata found would be deleted; empty for all of it. */
function scopeOf({ only, from, to }: DeleteOptions): string {
  const time = [from !== undefined && ` from ${from}`, to !== undefined && ` to ${to}`].filter(Boolean).join('');
  if (time === '') return only === undefined ? '' : `, of which ${only} would go`;
  return `, of which the points${only === undefined ? '' : ` of ${only}`}${time} would go`;
}

async function findAll(app: INestApplicationContext, query: Query): Promise<StoredMetadata[]> {
  const search = app.get(SearchService);
  const filters = parseSearch(query);
  const found: StoredMetadata[] = [];
  for (;;) {
    const page = await search.search(filters, { limit: PAGE_ROWS, offset: found.length });
    found.push(...page.rows);
    if (page.rows.length < PAGE_ROWS) return found;
  }
}

async function deleteOne(
  app: INestApplicationContext,
  key: string,
  wanted: readonly string[],
  { only, from, to }: DeleteOptions,
): Promise<{ metadata: number; points: number }> {
  const deletion = app.get(DeletionService);
  const by = operator();
  const bounds = { ...(from !== undefined && { 'time-start': from }), ...(to !== undefined && { 'time-end': to }) };
  const total = { metadata: 0, points: 0 };
  if (Object.keys(bounds).length > 0)
    for (const name of wanted) total.points += (await deletion.points(key, name, parseSpan(bounds), by)).points;
  else if (only === undefined) return deletion.metadata(key, by);
  else
    for (const name of wanted) {
      const { metadata, points } = await deletion.eventType(key, name, by);
      total.metadata += metadata;
      total.points += points;
    }
  return total;
}

/** Turns a bad filter or time into a message for the admin. */
async function explained<T>(action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asSentence(error);
  }
}
