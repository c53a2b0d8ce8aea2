import { type ArchivedSession } from 'marigram-client/session';
import { plain } from '../get/quantity.js';
import { type ListOptions, printList } from '../list.js';
import { type Column } from '../text-table.js';
import { type ArchiveOptions, withSessions } from './connection.js';
import { sessionFilters } from './session-filter.js';
import { lengthText, timeText } from './texts.js';

/** The options of `marigram session list`; times are seconds, as on the wire. */
export interface ListSessionsOptions extends ArchiveOptions, ListOptions {
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'SESSION', whole: true },
  { title: 'NAME' },
  { title: 'STATUS' },
  { title: 'START' },
  { title: 'LENGTH', align: 'right' },
  { title: 'STREAMS', align: 'right', spare: true },
  { title: 'ROWS', align: 'right' },
  { title: 'OPERATOR', spare: true },
];

/** Prints the sessions that filters find, those with the latest start first. */
export async function listSessions(
  env: NodeJS.ProcessEnv,
  words: readonly string[],
  options: ListSessionsOptions,
): Promise<void> {
  const filters = sessionFilters(words, options);
  await withSessions(env, options, async (sessions) => {
    const rows: ArchivedSession[] = [];
    let more = false;
    for await (const session of sessions.list(filters)) {
      more = rows.length === options.limit;
      if (more) break;
      rows.push(session);
    }
    await printList(env, options, { rows, columns: COLUMNS, cellsOf, empty: 'There are no such sessions.' });
    if (more) console.error(`These are the latest ${options.limit}: --limit shows more.`);
  });
}

function cellsOf(session: ArchivedSession): string[] {
  return [
    ...[session.session, session.name, session.status],
    ...[timeText(session['test-start']), lengthText(session.duration)],
    ...[plain(session.streams), plain(session.rows), session.operator],
  ];
}
