import { type Command, Option } from 'commander';
import { moment, parameter } from './arguments.js';
import { writing } from './declare-put.js';
import { type ImportOptions } from './import.command.js';

const DETAILS = `
Where from:
  URL    another archive, an esmond or a Marigram: metadata, points, and the values of summaries whose points are gone.
         It goes on where an earlier run has ended, and reads the last week before that once more.
  FILE   points with their metadata; - is the standard input. By its name a file is .ndjson or .jsonl, .csv, or .lp
         (InfluxDB's line protocol); --format says so otherwise.

  ndjson  an object a line, such as
          {"source":"192.0.2.1","destination":"192.0.2.2","measurement-agent":"192.0.2.1","tool-name":"iperf3",
           "event-type":"throughput","ts":1714557600,"val":9400000000}
          event-type, ts (seconds, or ISO 8601) and val are the point, all else is the metadata. Of a metadata that is
          here already, "metadata-key" is enough.
  csv     the same as columns; a val that is no number is JSON in quotes.
  influx  tags are fields of the metadata, the measurement is its tool-name, and a field whose name is no event type
          needs --event-type. --mapping names a JSON file:
          {"event-types": {"bits_per_second": "throughput"}, "tags": {"src": "source"}, "set": {"tool-name": "iperf3"}}

With --url a file is written to that archive over HTTP, with a key from MARIGRAM_KEY or --key-file, and needs no
database; the exit code is 75 where the archive is away or busy.

Nothing that is here already is changed: a point whose place is taken stays. The exit code is 1 where something could
not be imported, and where a file has no point that could be stored.`;

/** Declares the command that brings data over from elsewhere, with this environment. */
export function declareImport(program: Command, env: NodeJS.ProcessEnv): void {
  writing(program.command('import'))
    .description(
      'bring metadata and points over from another archive or from a file, beside a running server or without',
    )
    .argument('<from>', 'URL of an archive, file, or - for the standard input')
    .argument('[filters...]', 'of an archive only what a search finds, such as source=192.0.2.1')
    .option('--username <user>', 'the user of the key')
    .option(
      '--api-key <key>',
      'a key of the archive, if its reads are closed; better as MARIGRAM_KEY, which others do not see',
    )
    .option('--script-alias <path>', "what stands before /perfsonar/archive/ in the archive's URLs (default: esmond)")
    .option('--since <time>', 'only points from this time on, such as -30d or 2024-01-01', moment)
    .option('--until <time>', 'only points up to this time', moment)
    .option('--again', 'read everything again, also what earlier runs have read')
    .addOption(new Option('--format <format>', 'what the file is').choices(['ndjson', 'csv', 'influx']))
    .addOption(
      new Option('--precision <unit>', 'of influx: the unit of its times; ns if not given').choices([
        'ns',
        'us',
        'ms',
        's',
      ]),
    )
    .option('--event-type <field=event-type>', 'of influx: what a field is; also MEASUREMENT.FIELD=…', parameter)
    .option('--tag <tag=field>', 'influx: the metadata field of a tag; TAG= omits it', parameter)
    .option('--set <field=value>', 'of influx: a field that all metadata have', parameter)
    .option('--mapping <file>', 'of influx: a JSON file with all of that')
    .option('--strict', 'store nothing of a file with a bad line')
    .option('--dry-run', 'only say what would be stored')
    .addHelpText('after', DETAILS)
    .action(async (from: string, words: string[], options: ImportOptions) => {
      await (await import('./import.command.js')).runImport(env, from, words, options);
    });
}
