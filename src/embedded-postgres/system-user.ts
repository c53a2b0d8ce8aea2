import { execFileSync } from 'node:child_process';
import { chownSync, lchownSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '../common/errors.js';

/** The user of the operating system that PostgreSQL runs as. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
  /** For messages. */
  readonly name: string;
}

/** Whether this process is root, as whom PostgreSQL refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The user to run PostgreSQL as when this process is root: the owner of the directory unless that is root, else
 * `postgres`, else `nobody`.
 */
export function chooseUser(directory: string): SystemUser {
  const owner = statSync(directory);
  if (owner.uid !== 0)
    return { uid: owner.uid, gid: owner.gid, name: id('-un', String(owner.uid)) ?? String(owner.uid) };
  for (const name of ['postgres', 'nobody']) {
    const uid = Number(id('-u', name));
    const gid = Number(id('-g', name));
    // On macOS nobody is -2, which `id` may print as such: spawn and chown want it unsigned.
    if (uid !== 0 && Number.isInteger(uid) && Number.isInteger(gid)) return { uid: uid >>> 0, gid: gid >>> 0, name };
  }
  throw new OperatorError(
    'PostgreSQL does not run as root and there is neither a user postgres nor a user nobody: ' +
      'start Marigram as an ordinary user, or set DATABASE_URL.',
  );
}

/** Gives a file or a directory with all that is in it to the user. */
export function giveTree(path: string, user: SystemUser): void {
  lchownSync(path, user.uid, user.gid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) giveTree(child, user);
    else lchownSync(child, user.uid, user.gid);
  }
}

/** Gives one file or directory to the user; without a user (this process is not root) it does nothing. */
export function give(path: string, user: SystemUser | undefined): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** Refuses, with the remedy, a directory that the user cannot reach because it or a parent keeps the user out. */
export function checkReachable(directory: string, what: string, remedy: string, user: SystemUser): void {
  const blocked = ancestors(directory).find((path) => !mayEnter(path, user));
  if (blocked === undefined) return;
  throw new OperatorError(
    `PostgreSQL does not run as root but as the user ${user.name}, who cannot enter ${blocked} on the way to ${what} ` +
      `in ${directory}: ${remedy}, or start Marigram as an ordinary user.`,
  );
}

/** The directory and all its parents, from the root down. */
function ancestors(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [...ancestors(parent), directory];
}

function mayEnter(directory: string, { uid, gid }: SystemUser): boolean {
  const stat = statSync(directory);
  // As the kernel does it: the first class that fits decides. Other groups of the user are dropped by spawn().
  const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
  return (stat.mode & bit) !== 0;
}

function id(option: string, user: string): string | undefined {
  try {
    return execFileSync('id', [option, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
