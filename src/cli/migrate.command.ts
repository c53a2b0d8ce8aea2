import { withDatabase } from './with-database.js';

/** Brings the schema up to date: opening the database does it. */
export async function migrate(env: NodeJS.ProcessEnv): Promise<void> {
  await withDatabase(env, (_app, place) => {
    console.log(`The schema is up to date (${place}).`);
    return Promise.resolve();
  });
}
