import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where root keeps the data when the usual place is closed to all others. */
export const SYSTEM_DATA_DIR = '/var/lib/marigram';

/**
 * Where the data are unless DATA_DIR says so: in `usual`. PostgreSQL does not run as root, however, and below a
 * directory like `/root` nobody else may enter: then it is `/var/lib/marigram`, unless `usual` holds a database already.
 */
export function defaultDataDir(usual: string, isRoot = process.getuid?.() === 0): string {
  const isClosed = isRoot && !existsSync(join(usual, 'postgres', 'PG_VERSION')) && closedDirectory(usual) !== undefined;
  return isClosed ? SYSTEM_DATA_DIR : usual;
}

/** The first directory on the way to a path, from the root down, that others than its owner and group may not enter. */
export function closedDirectory(path: string): string | undefined {
  const parent = dirname(path);
  if (parent === path) return undefined;
  const above = closedDirectory(parent);
  if (above !== undefined) return above;
  return existsSync(parent) && (statSync(parent).mode & 0o001) === 0 ? parent : undefined;
}
