import { existsSync, readFileSync } from 'node:fs';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
let boot: string | undefined;

/** A process, told apart from a later one that got the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot and start time; absent where there is no /proc (macOS), then the pid alone must do. */
  readonly startedAt?: string;
}

/** The process that has this pid now, or undefined if there is none; a zombie counts as gone. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // No /proc, or one that hides the processes of other users; or the process ended just now.
    return exists(pid) ? { pid } : undefined;
  }
  // The second field, the name, may hold spaces and parentheses: count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, startedAt: `${bootId()}/${fields[19] ?? ''}` };
}

/** Whether this very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  if (now === undefined) return false;
  return identity.startedAt === undefined || now.startedAt === undefined || identity.startedAt === now.startedAt;
}

/** Whether two identities mean the same process. */
export function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt;
}

/** Reads back what was written with JSON.stringify; undefined if the text is something else, such as cut short. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('pid' in value)) return undefined;
  const { pid } = value;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
  return 'startedAt' in value && typeof value.startedAt === 'string' ? { pid, startedAt: value.startedAt } : { pid };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Start times count from the boot, so that they only mean something together with it. */
function bootId(): string {
  boot ??= existsSync(BOOT_ID) ? readFileSync(BOOT_ID, 'utf8').trim() : '';
  return boot;
}
