import { chmodSync, existsSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../common/errors.js';
import { identify, isAlive, isSame, parseIdentity, type ProcessIdentity } from './process-identity.js';

let drafts = 0;

/**
 * The users of an embedded database: at most one server, which owns it, and any number of tools. Each has a file that
 * names its process; the file of a process that has ended does not count.
 *
 * All methods are synchronous, so that little can happen between a check and the action that follows it.
 */
export class DatabaseLocks {
  #mine?: string;

  constructor(
    /** The directory of the files. */
    private readonly directory: string,
    /** For messages. */
    private readonly dataDir: string,
  ) {}

  /**
   * Makes this process the owner, or refuses with one sentence if a live server is.
   *
   * A dead server's file is never replaced, as two servers could replace each other's: the next number is taken
   * instead, which only one can get. Whoever was so slow that numbers were freed meanwhile sees the other afterwards.
   */
  acquireAsServer(): void {
    const numbers = this.files('server-').map((name) => Number(name.slice('server-'.length)));
    this.refuseIfServed();
    const name = `server-${Math.max(0, ...numbers) + 1}`;
    if (!this.write(name)) {
      this.refuseIfServed();
      throw new OperatorError(`Another server is starting or stopping in ${this.dataDir}: try again.`);
    }
    this.#mine = name;
    try {
      this.refuseIfServed();
    } catch (error) {
      this.release();
      throw error;
    }
    for (const other of this.files('server-')) if (other !== name) this.remove(other);
  }

  /** Registers this process as a tool that uses the database. */
  acquireAsTool(): void {
    for (const name of this.files('tool-')) if (this.holder(name) === undefined) this.remove(name);
    for (let n = 1; this.#mine === undefined; n++) {
      const name = `tool-${process.pid}-${n}`;
      if (this.write(name)) this.#mine = name;
    }
  }

  /** Releases this process's lock. */
  release(): void {
    if (this.#mine !== undefined) this.remove(this.#mine);
    this.#mine = undefined;
  }

  /** The live server other than this one, if any. */
  server(): ProcessIdentity | undefined {
    return this.holders('server-')[0];
  }

  /** Whether other tools use the database. */
  hasTools(): boolean {
    return this.holders('tool-').length > 0;
  }

  /** Records that a tool started this postmaster, so that the last tool stops it; `undefined` clears the record. */
  recordStartedByTool(postmaster: ProcessIdentity | undefined): void {
    this.remove('started-by-tool');
    if (postmaster !== undefined) this.write('started-by-tool', postmaster);
  }

  /** Whether a tool started this postmaster and no server took it over since. */
  isStartedByTool(postmaster: ProcessIdentity): boolean {
    const recorded = this.read('started-by-tool');
    return recorded !== undefined && isSame(recorded, postmaster);
  }

  private refuseIfServed(): void {
    const server = this.server();
    if (server === undefined) return;
    throw new OperatorError(
      `A server (process ${server.pid}) already runs on ${this.dataDir}: stop it, or choose another DATA_DIR.`,
    );
  }

  /** The live processes that hold a file with this prefix, without the own file. */
  private holders(prefix: string): ProcessIdentity[] {
    const others = this.files(prefix).filter((name) => name !== this.#mine);
    return others.map((name) => this.holder(name)).filter((holder) => holder !== undefined);
  }

  private holder(name: string): ProcessIdentity | undefined {
    const holder = this.read(name);
    return holder !== undefined && isAlive(holder) ? holder : undefined;
  }

  private files(prefix: string): string[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory).filter((name) => name.startsWith(prefix));
  }

  private read(name: string): ProcessIdentity | undefined {
    try {
      return parseIdentity(readFileSync(join(this.directory, name), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Makes a file that is complete as soon as it has its name; false if the name is taken. */
  private write(name: string, identity = identify(process.pid)): boolean {
    const draft = join(this.directory, `draft-${process.pid}-${++drafts}`);
    writeFileSync(draft, JSON.stringify(identity));
    // Root and the owner of the database may both use it; whatever root's umask, the other must be able to read.
    chmodSync(draft, 0o644);
    try {
      linkSync(draft, join(this.directory, name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  private remove(name: string): void {
    rmSync(join(this.directory, name), { force: true });
  }
}
