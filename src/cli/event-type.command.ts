import { operator } from '../auth/caller.js';
import { ArchiveError, OperatorError } from '../common/errors.js';
import { BUILT_IN } from '../event-types/catalogue.js';
import { DeclaredTypesService } from '../declared-types/declared-types.service.js';
import { type EventTypeDeclaration } from '../storage/registry/event-type-store.js';
import { type ListOptions, printList } from './list.js';
import { withDatabase } from './with-database.js';

/** Declares an event type. Throws an `OperatorError` where it is built in, or declared with another data type. */
export async function addEventType(env: NodeJS.ProcessEnv, wanted: EventTypeDeclaration): Promise<void> {
  await withDatabase(env, async (app) => {
    const { eventType, isNew } = await explained(app.get(DeclaredTypesService).declare(wanted, operator()));
    const unit = eventType.unit === null ? '' : ` in ${eventType.unit}`;
    console.log(`${isNew ? 'Declared' : 'Known already:'} ${eventType.name}, ${eventType.dataType}${unit}.`);
  });
}

/** Prints all event types, sorted by name. */
export async function listEventTypes(env: NodeJS.ProcessEnv, options: ListOptions): Promise<void> {
  await withDatabase(env, async (app) => {
    const { rows } = await app.get(DeclaredTypesService).list({ limit: Infinity, offset: 0 });
    await printList(env, options, {
      rows: rows.map((row) => ({ ...row, builtIn: BUILT_IN.has(row.name) })),
      columns: [
        ...([{ title: 'NAME', whole: true }, { title: 'DATA TYPE', whole: true }, { title: 'UNIT' }] as const),
        ...([{ title: 'BUILT IN', whole: true }, { title: 'DESCRIPTION' }] as const),
      ],
      cellsOf: ({ name, dataType, unit, builtIn, description }) => [
        ...[name, dataType, unit ?? '-', builtIn ? 'yes' : 'no', description],
      ],
      empty: 'There is no event type yet.',
    });
  });
}

/**
 * Removes declared event types. Throws an `OperatorError` where one of them is not declared or is in use; those before it
 * are removed then.
 */
export async function removeEventTypes(env: NodeJS.ProcessEnv, names: readonly string[]): Promise<void> {
  await withDatabase(env, async (app) => {
    for (const name of names) {
      await explained(app.get(DeclaredTypesService).remove(name, operator()));
      console.log(`Removed ${name}.`);
    }
  });
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    throw new OperatorError(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, { cause: error });
  }
}
