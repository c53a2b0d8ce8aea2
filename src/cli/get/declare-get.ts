import { type Command, Option } from 'commander';
import { OperatorError } from '../../common/errors.js';
import { archiveUrl } from '../archive-url.js';
import { count } from '../arguments.js';
import { type Filter, filter, FILTERS, filtersOf } from '../filters.js';
import { checked } from '../mistakes.js';
import { FORMATS, type Format } from '../record-format.js';
import { type Request } from './connection.js';
import { type SeriesWords, seriesWords } from './series-words.js';

/** Filters come in any order, as words and as options; commander hands on the words before them. */
const WORDS = 'filters, such as source=192.0.2.1 or any other parameter of the metadata';

const NOTES = `
Times (WHEN) are seconds since 1970, dates (2027-01-31, 2027-01-31T12:00, in UTC
unless they say otherwise), "now", or such as -90m and -1d; lengths (TIME) are
seconds, or such as 90m and 7d. Any other parameter of the metadata is a filter
as a word, NAME=VALUE. The archive's URL is taken from MARIGRAM_URL, or from the
server's PORT and PATH_PREFIX; the API key from MARIGRAM_KEY. Without --output a
terminal gets a table, and a pipe NDJSON.`;

interface Options {
  readonly url?: string;
  readonly output?: Format;
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
}

/** Declares the commands that read an archive over HTTP, with this environment; they load the SDK and no server. */
export function declareGet(program: Command, env: NodeJS.ProcessEnv): void {
  const get = program.command('get').description('read an archive over HTTP: what is measured, points and summaries');

  limited(
    declare(get, 'metadata', 'who measured what between whom; times mean when points were last stored'),
    'the maximum of rows',
  )
    .argument('[filters...]', WORDS)
    .addHelpText(
      'after',
      examples('metadata source=192.0.2.1 event-type=throughput --time-range 1d', 'metadata -o csv'),
    )
    .action(async (words: string[], _options: Options, command: Command) => {
      await (await import('./metadata.js')).getMetadata(await requestOf(command, env, filtersOf(words)));
    });

  limited(
    declare(get, 'endpoints', 'the pairs of source and destination, and what is measured between them'),
    'the maximum of rows',
  )
    .argument('[filters...]', WORDS)
    .addHelpText('after', examples('endpoints tool-name=pscheduler/iperf3', 'endpoints --time-range 1h'))
    .action(async (words: string[], _options: Options, command: Command) => {
      await (await import('./endpoints.js')).getEndpoints(await requestOf(command, env, filtersOf(words)));
    });

  limited(
    declare(get, 'latest', 'the newest point of every series; times mean when points were last stored'),
    'the maximum of rows',
  )
    .argument('[filters...]', WORDS)
    .addHelpText('after', examples('latest event-type=throughput source=192.0.2.1', 'latest -o csv'))
    .action(async (words: string[], _options: Options, command: Command) => {
      await (await import('./latest.js')).getLatest(await requestOf(command, env, filtersOf(words)));
    });

  ordered(declare(get, 'points', 'the points of one event type; times mean when they were measured'))
    .argument('[series...]', 'METADATA-KEY EVENT-TYPE, or a URI, or filters that leave one series')
    .addHelpText(
      'after',
      examples(
        'points 0123456789abcdef0123456789abcdef throughput --time-range 7d',
        'points source=192.0.2.1 destination=192.0.2.2 event-type=packet-loss-rate --time-start -1d',
        'points 0123456789abcdef0123456789abcdef failures -o ndjson | jq .val.error',
      ),
    )
    .action(async (words: string[], { order }: Options, command: Command) => {
      const series = checked(() => seriesWords(words));
      if (series.summaryType ?? series.window) throw new OperatorError('Summaries are read by "marigram get summary".');
      const request = await seriesRequest(command, env, series);
      await (await import('./points.js')).getPoints({ ...request, words: series, order });
    });

  ordered(declare(get, 'summary', 'a summary of one event type: one value for each window of time'))
    .argument('[series...]', 'METADATA-KEY EVENT-TYPE TYPE WINDOW, or a URI, or what of that leaves one summary')
    .addHelpText(
      'after',
      examples(
        'summary 0123456789abcdef0123456789abcdef throughput average 1d --time-range 30d',
        'summary source=192.0.2.1 destination=192.0.2.2 histogram-owdelay statistics 3600',
      ),
    )
    .action(async (words: string[], { order }: Options, command: Command) => {
      const series = checked(() => seriesWords(words));
      const request = await seriesRequest(command, env, series);
      await (await import('./points.js')).getSummary({ ...request, words: series, order });
    });
}

function declare(get: Command, name: string, about: string): Command {
  const command = get
    .command(name)
    .description(about)
    .option(
      '--url <url>',
      'the server, or its archive up to /perfsonar/archive/; else MARIGRAM_URL, else the server of this machine',
    )
    .addOption(new Option('-o, --output <format>', 'how to print').choices(FORMATS));
  for (const [filterName, value, meaning] of FILTERS)
    command.option(`--${filterName} <${value}>`, meaning, (text) => filter(filterName, text)[1]);
  return command;
}

function ordered(command: Command): Command {
  return limited(command, 'the maximum of points: the newest, unless --order says otherwise').addOption(
    new Option('--order <order>', 'oldest first, or newest first').choices(['asc', 'desc']),
  );
}

function limited(command: Command, about: string): Command {
  return command.option('--limit <rows>', about, count);
}

function examples(...lines: string[]): string {
  return `${NOTES}\n\nExamples:\n${lines.map((line) => `  marigram get ${line}`).join('\n')}`;
}

async function requestOf(command: Command, env: NodeJS.ProcessEnv, words: readonly Filter[]): Promise<Request> {
  const { url, output, limit } = command.opts<Options>();
  const { Screen } = await import('../screen.js');
  const screen = new Screen(process.stdout, env);
  return {
    url: archiveUrl(env, url),
    apiKey: env.MARIGRAM_KEY,
    filters: [...words, ...optionFilters(command)],
    format: output ?? (screen.isTerminal ? 'table' : 'ndjson'),
    limit,
    screen,
  };
}

/** A whole URI says where the archive is; one of another archive than was named is refused: the key is for that one. */
async function seriesRequest(command: Command, env: NodeJS.ProcessEnv, series: SeriesWords): Promise<Request> {
  const request = await requestOf(command, env, series.filters);
  if (series.archive === undefined) return request;
  const named = command.opts<Options>().url ?? env.MARIGRAM_URL;
  if (named && URL.canParse(named) && new URL(named).origin !== new URL(series.archive).origin)
    throw new OperatorError(`The URI is of ${series.archive}, and the archive is ${named}: give one of them.`);
  return { ...request, url: series.archive };
}

function optionFilters(command: Command): Filter[] {
  const values = command.opts<Readonly<Record<string, unknown>>>();
  return FILTERS.flatMap(([name]) => {
    const value = values[name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
}
