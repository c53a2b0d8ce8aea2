import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OperatorError } from '../common/errors.js';
import { type PgBinaries } from './pg-binaries.js';
import { identify } from './process-identity.js';
import { checkReachable, chooseUser, give, giveTree, isRoot, type SystemUser } from './system-user.js';

/** A larger log is renamed at the next start. */
const MAX_LOG_BYTES = 20 * 1024 * 1024;

/** Names of the directories in which this process is creating clusters. */
const drafts = new Set<string>();

/**
 * The directory of one embedded database, created and checked. The cluster is in `postgres/`; beside it are
 * `postgres.log`, `postgres.password` and, in `locks/`, one small file for each process that uses the database.
 */
export class DataDirectory {
  private constructor(
    readonly path: string,
    /** Whom PostgreSQL runs as if this process is root; undefined: as this process. */
    readonly user: SystemUser | undefined,
  ) {}

  /** Creates the directory if it is missing. Throws an `OperatorError` if PostgreSQL cannot use it. */
  static prepare(directory: string, binaries: PgBinaries): DataDirectory {
    const path = makeDirectory(resolve(directory));
    const cluster = join(path, 'postgres');
    const user = isRoot() ? chooseUser(existsSync(cluster) ? cluster : path) : undefined;
    const data = new DataDirectory(path, user);
    if (user === undefined) data.checkOwner();
    data.checkVersion(binaries);
    if (user !== undefined) {
      data.giveTo(user);
      checkReachable(path, 'its data', 'choose another DATA_DIR, such as /var/lib/marigram', user);
    }
    // Mounts with a group for a container open it to the group, which PostgreSQL refuses.
    if (existsSync(cluster) && (statSync(cluster).mode & 0o027) !== 0) chmodSync(cluster, 0o700);
    mkdirSync(data.locks, { recursive: true, mode: 0o700 });
    give(data.locks, user);
    return data;
  }

  get cluster(): string {
    return join(this.path, 'postgres');
  }

  get log(): string {
    return join(this.path, 'postgres.log');
  }

  get passwordFile(): string {
    return join(this.path, 'postgres.password');
  }

  /** Where the programs of PostgreSQL are copied to, if its user cannot reach them. */
  get programs(): string {
    return join(this.path, 'programs');
  }

  get locks(): string {
    return join(this.path, 'locks');
  }

  /** Whether there is a cluster. A half-made one never has this name. */
  get hasCluster(): boolean {
    return existsSync(join(this.cluster, 'PG_VERSION'));
  }

  /** Refuses a cluster of another major version than the programs, or a directory that is no cluster. */
  private checkVersion({ major, binDir }: PgBinaries): void {
    if (!this.hasCluster) {
      if (!existsSync(this.cluster) || readdirSync(this.cluster).length === 0) return;
      throw new OperatorError(`${this.cluster} holds files but no database: move it away, or choose another DATA_DIR.`);
    }
    const found = readFileSync(join(this.cluster, 'PG_VERSION'), 'utf8').trim();
    if (found === String(major)) return;
    throw new OperatorError(
      `The database in ${this.cluster} was made by PostgreSQL ${found}, but ${binDir} is PostgreSQL ${major}: ` +
        `set PG_BIN_DIR to a PostgreSQL ${found}, or DATA_DIR to another directory.`,
    );
  }

  /** The password of the database, generated at the first call; only the owner may read its file. */
  password(): string {
    if (!existsSync(this.passwordFile)) {
      if (this.hasCluster) {
        throw new OperatorError(`${this.passwordFile}, the password of the database, is missing: put it back.`);
      }
      const draft = `${this.passwordFile}.${process.pid}`;
      writeFileSync(draft, randomBytes(24).toString('hex') + '\n', { mode: 0o600, flush: true });
      give(draft, this.user);
      try {
        // Unlike rename, link keeps the password that another process made at the same moment.
        linkSync(draft, this.passwordFile);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(draft, { force: true });
      }
    }
    return readFileSync(this.passwordFile, 'utf8').trim();
  }

  /** Opens the log for appending; renames a large one to `.1` first. */
  openLog(): number {
    if (existsSync(this.log) && statSync(this.log).size > MAX_LOG_BYTES) renameSync(this.log, `${this.log}.1`);
    const file = openSync(this.log, 'a', 0o600);
    give(this.log, this.user);
    return file;
  }

  /** An empty directory to create a cluster in; removes those of processes that were killed. */
  draft(): string {
    for (const name of readdirSync(this.path)) {
      const pid = Number(/^postgres\.init-(\d+)-/.exec(name)?.[1]);
      // In a container a killed process may have had the same pid as this one.
      const inUse = pid === process.pid ? drafts.has(name) : pid > 0 && identify(pid) !== undefined;
      if (pid > 0 && !inUse) removeTree(join(this.path, name));
    }
    const draft = mkdtempSync(join(this.path, `postgres.init-${process.pid}-`));
    drafts.add(basename(draft));
    give(draft, this.user);
    return draft;
  }

  /** Renames a draft to the cluster; a cluster that another process published first stays. */
  publish(draft: string): void {
    try {
      renameSync(draft, this.cluster);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!this.hasCluster) throw error;
    }
    const directory = openSync(this.path, 'r');
    fsyncSync(directory);
    closeSync(directory);
  }

  private checkOwner(): void {
    const me = process.getuid?.();
    for (const directory of [this.path, this.cluster]) {
      if (!existsSync(directory)) continue;
      const { uid } = statSync(directory);
      // PostgreSQL insists on owning the cluster; for the rest, the right to write is enough.
      if (uid === me || (directory === this.path && writable(directory))) continue;
      throw new OperatorError(
        `${directory} belongs to the user with the id ${uid}, but Marigram runs as ${String(me)}: ` +
          `run it as that user, or choose another DATA_DIR.`,
      );
    }
  }

  private giveTo(user: SystemUser): void {
    // A directory with other things in it may be somebody's home: it is not taken away.
    if (statSync(this.path).uid === 0 && readdirSync(this.path).length === 0) give(this.path, user);
    if (existsSync(this.cluster) && statSync(this.cluster).uid === 0) giveTree(this.cluster, user);
  }
}

function makeDirectory(path: string): string {
  try {
    // Only the directory itself is private: as root, PostgreSQL's user has to pass through its parents.
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OperatorError(`The data directory ${path} cannot be made (${String(code)}): choose another DATA_DIR.`);
  }
}

function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // The initdb of a killed process may still write there; the next start tries again.
  }
}

function writable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
