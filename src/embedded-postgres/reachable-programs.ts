import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DataDirectory } from './data-directory.js';
import { type PgBinaries } from './pg-binaries.js';
import { spawnOptions } from './postmaster.js';
import { checkReachable, give, giveTree } from './system-user.js';

/** The directories of a relocatable PostgreSQL, such as the one from npm. */
const PARTS = ['bin', 'lib', 'share'];

/**
 * The programs at a path where PostgreSQL's user can run them. If this process is root and that user has no access, as
 * below `/root` or after an installation with a strict umask, copies them into the data directory, once for each version.
 * Throws an `OperatorError` if that fails.
 */
export function reachablePrograms(binaries: PgBinaries, data: DataDirectory): PgBinaries {
  const { user } = data;
  if (user === undefined || canRun(binaries.binDir, data)) return binaries;
  const home = dirname(binaries.binDir);
  if (!PARTS.every((part) => existsSync(join(home, part)))) {
    checkReachable(binaries.binDir, 'its programs', 'set PG_BIN_DIR to another PostgreSQL', user);
    return binaries;
  }
  const copy = join(data.programs, binaries.version);
  if (!existsSync(copy)) {
    mkdirSync(data.programs, { recursive: true });
    give(data.programs, user);
    const draft = mkdtempSync(join(data.programs, 'draft-'));
    for (const part of PARTS)
      cpSync(join(home, part), join(draft, part), {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
      });
    giveTree(draft, user);
    try {
      // It gets its name when it is complete.
      renameSync(draft, copy);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      // Another process was faster.
      if (!existsSync(copy)) throw error;
    }
  }
  return { ...binaries, binDir: join(copy, 'bin') };
}

/** Whether PostgreSQL's user gets as far as loading its libraries. */
function canRun(binDir: string, data: DataDirectory): boolean {
  try {
    for (const program of ['postgres', 'initdb'])
      execFileSync(join(binDir, program), ['--version'], { ...spawnOptions(data), stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
