import { totalmem } from 'node:os';

const MB = 1024 ** 2;
const GB = 1024 ** 3;

/** Settings that do not depend on the machine. */
const FIXED: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  logging_collector: 'off',
  log_destination: 'stderr',
  // The pid is read back from it when a start fails.
  log_line_prefix: '%m [%p] ',
  lc_messages: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // One lock for each chunk that a transaction touches, and for each of its indexes: a restore touches all.
  max_locks_per_transaction: '256',
  // Compiling a plan takes longer than any of our statements.
  jit: 'off',
  // Pages of disks today cost about the same in any order.
  random_page_cost: '1.1',
  // After each checkpoint whole pages go into the log once more: with few checkpoints, bulk writes are a tenth faster.
  checkpoint_timeout: '15min',
};

/** The settings of the embedded PostgreSQL on this machine; docs/storage.md has them as a table. */
export function postgresSettings(memory = availableMemory()): Record<string, string> {
  return {
    ...FIXED,
    // An eighth of the memory, not the quarter that a machine of its own would give: others live here, too.
    shared_buffers: megabytes(clamp(memory / 8, 128 * MB, 4 * GB)),
    effective_cache_size: megabytes(Math.max(memory / 2, 256 * MB)),
    maintenance_work_mem: megabytes(clamp(memory / 32, 64 * MB, 512 * MB)),
    max_wal_size: megabytes(clamp(memory / 4, GB, 4 * GB)),
    // Kept and used again: a new file of the log costs as much as writing it twice.
    min_wal_size: megabytes(clamp(memory / 32, 80 * MB, 512 * MB)),
  };
}

/** In bytes: the machine's memory, or what a container leaves of it. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MB)}MB`;
}
