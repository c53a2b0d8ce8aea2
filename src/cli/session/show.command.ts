import { type ArchivedSession, type ArchivedStream, type Sessions, type WholeSummaries } from 'marigram-client/session';
import { plain } from '../get/quantity.js';
import { type ListOptions, printJson } from '../list.js';
import { Screen } from '../screen.js';
import { writeTable } from '../table-writer.js';
import { type Column, printable } from '../text-table.js';
import { type ArchiveOptions, withSessions } from './connection.js';
import { lengthText, numberText, shareText, timeText } from './texts.js';

/** A stream, and what all its points are together; `undefined` where it has no such summary or no points. */
type ShownStream = ArchivedStream & Partial<WholeSummaries>;

/** The summary that a type of streams is shown by. */
const KINDS = { metric: 'quantiles', event: 'categories' } as const;

const FIGURES = ['average', 'q50', 'q95', 'q99', 'q100'] as const;

const STREAM_COLUMNS: readonly Column[] = [
  { title: 'STREAM' },
  { title: 'CASE', spare: true },
  { title: 'ROWS', align: 'right' },
  { title: 'MISSING', align: 'right' },
];

const METRIC_COLUMNS = [
  ...STREAM_COLUMNS,
  ...FIGURES.map((name): Column => ({ title: name.toUpperCase(), align: 'right' })),
];

const EVENT_COLUMNS = [...STREAM_COLUMNS, { title: 'SHARES' }];

/** How many categories of a stream are shown: the most frequent ones. */
const SHOWN_CATEGORIES = 5;

/** Prints a session, its streams and what their points are together. */
export async function showSession(
  env: NodeJS.ProcessEnv,
  id: string,
  options: ArchiveOptions & ListOptions,
): Promise<void> {
  await withSessions(env, options, async (sessions) => {
    const session = await sessions.get(id);
    const streams: ShownStream[] = [];
    for await (const stream of sessions.streams(id))
      streams.push({ ...stream, ...(await figuresOf(sessions, stream)) });
    const screen = new Screen(process.stdout, env);
    if (options.output === 'json') await printJson(screen, { ...session, streams });
    else await printSession(screen, session, streams);
    await screen.flush();
  });
}

async function figuresOf(sessions: Sessions, stream: ArchivedStream): Promise<Partial<WholeSummaries>> {
  const kind = KINDS[stream.type];
  if (!stream.summaries.some(({ 'summary-type': type }) => type === kind)) return {};
  return { [kind]: await sessions.whole(stream.session, stream.stream, kind) };
}

async function printSession(screen: Screen, session: ArchivedSession, streams: readonly ShownStream[]): Promise<void> {
  const facts = [
    ['session', `${session.session} (number ${session.number})`],
    ['name', session.name],
    ['operator', session.operator],
    ['status', session.status],
    ['start', timeText(session['test-start'])],
    ['end', timeText(session['test-end'])],
    ['length', lengthText(session.duration)],
    ['rows', plain(session.rows)],
    ...Object.entries(session.meta).map(([name, value]) => [
      `meta.${name}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ];
  const width = Math.max(...facts.map(([name = '']) => name.length));
  for (const [name = '', value = ''] of facts)
    await screen.line(printable(`${name.padEnd(width)}  ${value}`).trimEnd());
  for (const [type, columns, cellsOf] of [
    ['metric', METRIC_COLUMNS, metricCells],
    ['event', EVENT_COLUMNS, eventCells],
  ] as const) {
    const rows = streams.filter((stream) => stream.type === type).map(cellsOf);
    if (rows.length === 0) continue;
    await screen.line('');
    await writeTable(screen, columns, rows);
  }
}

function metricCells(stream: ShownStream): string[] {
  return [...streamCells(stream), ...FIGURES.map((name) => numberText(stream.quantiles?.[name]))];
}

function eventCells(stream: ShownStream): string[] {
  const counts = Object.entries(stream.categories ?? {}).sort(([, a], [, b]) => b - a);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const shares = counts.slice(0, SHOWN_CATEGORIES).map(([text, count]) => `${text} ${shareText(count, total)}`);
  if (counts.length > shares.length) shares.push(`and ${counts.length - shares.length} more`);
  return [...streamCells(stream), shares.length > 0 ? shares.join(', ') : '-'];
}

function streamCells({ stream, name, case: caseName, rows, gaps }: ShownStream): string[] {
  const missing = gaps.reduce((sum, [begin = 0, end = 0]) => sum + end - begin, 0);
  return [name === '' ? stream : name, caseName ?? '-', plain(rows), plain(missing)];
}
