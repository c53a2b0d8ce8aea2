import { type Command, Option } from 'commander';
import { count, duration, moment, parameter } from '../arguments.js';
import { writing } from '../declare-put.js';
import { type ListOptions, withOutput } from '../list.js';
import { checks } from './compare/check.js';
import { type CompareOptions } from './compare/compare.command.js';
import { type ArchiveOptions } from './connection.js';
import { type DeleteSessionOptions } from './delete.command.js';
import { type ImportSessionOptions } from './import.command.js';
import { type ListSessionsOptions } from './list.command.js';
import { type RunOptions } from './run/run.command.js';
import { type SendOptions } from './send.command.js';

/** How long a run waits for the archive in the end. */
const WAIT_SECONDS = 30;

/** Sessions that are listed unless `--limit` says otherwise. */
const LISTED = 100;

const CHECKS = `
A condition of --fail-on is NAME:FIGURE, an operator (> >= < <=) and a limit. NAME is that of a stream, or * for all.
  latency:q95>200000     q95 of OTHER: also cnt, average, stddev, q50, q90, q99, q100, and d
  latency:q95>+5%        its change from BASE in percent
  latency:average>+1000  its difference from BASE
  codes:share(5xx)>1%    the share of categories in OTHER; x is any digit
  codes:share(5xx)>+0.5% by how many points of percent it has grown
d is the distance of Kolmogorov and Smirnov: 0 where values are distributed alike, up to 1.

Exit codes:
   0  no condition holds
   1  something is wrong: an unknown session, or a condition on what was not compared
   3  a condition holds

Example, for CI:
  marigram session compare run-17 run-18 --fail-on 'latency:q95>+5%' --fail-on 'codes:share(5xx)>1%' -o junit`;

const RUN = `
Each line of --streams is STREAM, tab, TS, tab, VALUE. TS is in microseconds since
1970, VALUE a number; with STREAM:event it is a text. The archive sums up each
second of all streams. A named pipe is read while COMMAND runs, any other file when
it has ended. COMMAND finds the session in MARIGRAM_SESSION and MARIGRAM_URL.

The exit code is that of COMMAND. Where it is not 0 the session is interrupted, and
has it as meta.exit-code. Where it is 0, but
   1  lines were left out, or the archive refused something
  75  points wait in the spool: "marigram session send" brings them away later

Example:
  marigram session run --name 'checkout, 5k rps' --streams - -- ./load-test.sh`;

const SEND = `
Exit codes:
   0  all is in the archive
   1  the archive refused something: it lies in refused.ndjson, with the reason
  75  the archive is away: run the same command again later, or give --watch`;

const IMPORT = `
DIRECTORY is one session as LocalStorageBackend of the SDK and netort write it: meta.json, and
files such as metrics_ID.data, whose first line describes the lines behind it. Without
meta.json, after a crash, the first lines do.

Points are stored, and summed up here. Of a stream without points, the seconds of aggregates_,
distributions_ and histograms_ are stored as they are. Run again, it stores what is missing.
The exit code is 1 where lines were bad; they are left out, and told on stderr.`;

/** Declares the commands on data sessions over HTTP, with this environment. */
export function declareSession(program: Command, env: NodeJS.ProcessEnv): void {
  const session = program.command('session').description('data sessions: load tests and other streams of microseconds');

  withOutput(writing(session.command('list')))
    .description('list sessions, those that began last first')
    .argument('[filters...]', 'name=, operator=, status= and meta.KEY=, such as status=open meta.component=checkout')
    .option('--from <when>', 'that began at this time or later', moment)
    .option('--to <when>', 'that began at this time or earlier', moment)
    .option('--limit <sessions>', 'the maximum of sessions', count, LISTED)
    .action(async (words: string[], options: ListSessionsOptions) => {
      await (await import('./list.command.js')).listSessions(env, words, options);
    });

  withOutput(writing(session.command('show')))
    .description('show a session: its streams, missing rows, and what all points of each are together')
    .argument('<session>', 'its id')
    .action(async (id: string, options: ArchiveOptions & ListOptions) => {
      await (await import('./show.command.js')).showSession(env, id, options);
    });

  writing(session.command('delete'))
    .description('delete a session with all its data; takes a key of scope admin')
    .argument('<session>', 'its id')
    .option('--dry-run', 'only say what would be deleted')
    .option('--yes', 'really delete')
    .action(async (id: string, options: DeleteSessionOptions) => {
      await (await import('./delete.command.js')).deleteSession(env, id, options);
    });

  writing(session.command('compare'))
    .description('compare a session with a base, stream by stream; for CI, with conditions that must not hold')
    .argument('<base>', 'the id of the session to compare with')
    .argument('<other>', 'the id of the session to compare')
    .option('--by <fields>', 'pair streams by these: name, case, stream (the id), meta.KEY', 'name,case')
    .option('--fail-on <condition>', 'exit with 3 where this holds; may be repeated', checks)
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['table', 'json', 'junit', 'markdown'])
        .default('table'),
    )
    .addHelpText('after', CHECKS)
    .action(async (base: string, other: string, options: CompareOptions) => {
      await (await import('./compare/compare.command.js')).compareSessions(env, base, other, options);
    });

  writing(session.command('run'))
    .description('run a command in a session of its own, and close it')
    .argument('<command...>', 'the command, after --')
    .requiredOption('--name <name>', 'the name of the session')
    .option('--id <id>', 'its id (default: a random one)')
    .option('--meta <key=value>', 'a fact about it; may be repeated', parameter)
    .option('--streams <file>', 'take points from the lines of this file or named pipe; -: from stdout')
    .option('--no-raw', 'keep summaries only, no points')
    .option('--spool <directory>', 'where points wait for the archive', 'spool')
    .addOption(
      new Option('--wait <time>', 'how long the archive may take in the end')
        .argParser(duration)
        .default(WAIT_SECONDS, `${WAIT_SECONDS}s`),
    )
    .addHelpText('after', RUN)
    .action(async (command: string[], options: RunOptions) => {
      await (await import('./run/run.command.js')).runInSession(env, command, options);
    });

  writing(session.command('send'))
    .description('send what an earlier run, or a program with the SDK, has left in a spool')
    .argument('<directory>', 'the spool, or the directory of one session in it')
    .option('--watch', 'go on until interrupted: send whatever comes')
    .option('--interrupt', 'interrupt sessions that their programs have not ended; they must not run any more')
    .addHelpText('after', SEND)
    .action(async (directory: string, options: SendOptions) => {
      await (await import('./send.command.js')).sendSpool(env, directory, options);
    });

  session
    .command('import')
    .description('store a session from the files of LocalStorageBackend or netort in the database')
    .argument('<directory>', 'the folder of the session')
    .option('--id <id>', 'the id of the session (default: the name of the folder)')
    .option('--start <when>', 'when the test began, where the folder does not tell', moment)
    .option('--aggregate', 'sum up each second of all streams, also where the files have points only')
    .option('--dry-run', 'only read the files, and say what is in them')
    .addHelpText('after', IMPORT)
    .action(async (directory: string, options: ImportSessionOptions) => {
      await (await import('./import.command.js')).importSession(env, directory, options);
    });
}
