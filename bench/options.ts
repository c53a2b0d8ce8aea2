import { Command, InvalidArgumentError } from 'commander';

/** What the command line asks for. */
export interface Options {
  /** Names of workloads, such as `W1`; empty for all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly json: string | undefined;
  /** An archive that already runs, with a key of scope `write`. */
  readonly url: string | undefined;
  readonly key: string | undefined;
  /** A directory for a CPU profile of the server. */
  readonly profile: string | undefined;
  /** Measure how the cost grows with what is stored, instead. */
  readonly scale: boolean;
}

/** Reads the arguments; says what is wrong and ends the program where they can't be used. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command('npm run bench --')
    .description('Measures the archive against the limits of its parts. Everything takes less than 8 minutes.')
    .option('--only <names>', 'workloads to run, such as W1,P3; B7 only runs where it is named', list, [])
    .option('--rounds <n>', 'rounds after the warm-up', count, 5)
    .option('--json <path>', 'where to write the results (default: bench/results/TIME.json)')
    .option(
      '--url <url>',
      'an archive that already runs, as http://127.0.0.1:8080/esmond/perfsonar/archive/; stores points',
    )
    .option('--key <key>', 'its API key with scope write')
    .option('--profile <directory>', 'writes a CPU profile of the server there')
    .option('--scale', 'shows how the cost grows with 1, 10 and 100 times the points and metadata', false);
  const options = program.parse([...argv]).opts<Options>();
  if ((options.url === undefined) !== (options.key === undefined)) program.error('--url and --key go together');
  if (options.url !== undefined && (options.scale || options.profile !== undefined))
    program.error('--scale and --profile need a server of the bench itself');
  return options;
}

function list(text: string): string[] {
  const names = text.toUpperCase().split(',');
  const unknown = names.find((name) => !/^(W[1-6]|P[1-3]|B[1-7]|S1|L[1-6])$/.test(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no workload ${unknown}: W1 to W6, P1 to P3, B1 to B7, S1, L1 to L6.`);
  return names;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 50) throw new InvalidArgumentError('expected 1 to 50.');
  return value;
}
