import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Git does not keep it. */
const RESULTS = fileURLToPath(new URL('../bench/results', import.meta.url));

/** The machine that results are of; the load is that of other programs where it is taken before the run. */
export function machine(): Record<string, unknown> {
  const { length } = cpus();
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
  return { cores: length, cpu: cpus()[0]?.model, memory, node: process.version, loadBefore: loadavg()[0] };
}

/** Writes results as JSON, to a file of its own below `bench/results` unless a path is given, and returns its path. */
export function writeReport(report: object, path: string | undefined): string {
  const name = `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`;
  const file = resolve(path ?? join(RESULTS, name));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  return file;
}
