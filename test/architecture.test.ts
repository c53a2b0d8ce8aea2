import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Which rooms a room may import from, besides itself. The rooms of `storage/` are named one by one. */
const MAY_IMPORT: Record<string, string[]> = {
  common: [],
  json: ['common'],
  config: ['common'],
  metrics: ['common'],
  'event-types': ['common', 'json'],
  rollups: ['common', 'event-types', 'json'],
  'embedded-postgres': ['common'],
  postgres: ['common', 'config', 'metrics'],
  jobs: ['common', 'metrics', 'postgres'],
  'storage/schema': ['common', 'postgres', 'storage/hypertables'],
  'storage/hypertables': ['common', 'postgres', 'storage/removal'],
  'storage/access': ['postgres', 'storage/hypertables', 'storage/schema'],
  'storage/points': ['event-types', 'postgres', 'rollups'],
  'storage/registry': ['common', 'event-types', 'postgres', 'storage/access', 'storage/hypertables', 'storage/points'],
  'storage/rollups': [
    ...['common', 'event-types', 'postgres', 'rollups'],
    ...['storage/hypertables', 'storage/points', 'storage/registry', 'storage/removal'],
  ],
  'storage/ingest': [
    ...['common', 'metrics', 'postgres', 'rollups'],
    ...['storage/hypertables', 'storage/points', 'storage/registry', 'storage/rollups'],
  ],
  'storage/removal': [
    ...['common', 'event-types', 'postgres', 'rollups'],
    ...['storage/access', 'storage/hypertables', 'storage/points', 'storage/registry', 'storage/rollups'],
  ],
  'storage/dump': ['postgres', 'storage/hypertables'],
  audit: ['common', 'config', 'jobs', 'storage'],
  auth: ['audit', 'common', 'config', 'storage'],
  http: ['auth', 'common', 'config', 'json', 'metrics', 'postgres'],
  metadata: ['auth', 'common', 'config', 'event-types', 'http', 'jobs', 'json', 'storage'],
  retention: ['common', 'config', 'event-types', 'jobs', 'storage'],
  search: ['common', 'event-types', 'http', 'metadata', 'postgres', 'storage'],
  rows: ['common', 'http', 'postgres'],
  latest: ['common', 'event-types', 'http', 'metadata', 'search', 'storage'],
  data: ['audit', 'auth', 'common', 'config', 'event-types', 'http', 'jobs', 'json', 'metrics', 'rows', 'storage'],
  summaries: ['common', 'event-types', 'http', 'metadata', 'rollups', 'rows', 'storage'],
  deletion: ['auth', 'common', 'http', 'postgres', 'storage'],
  'declared-types': ['auth', 'common', 'event-types', 'http', 'storage'],
  health: ['common', 'http', 'metrics', 'postgres'],
  welcome: ['common', 'config', 'http'],
  backup: ['common', 'jobs', 'postgres', 'storage'],
  import: ['common', 'data', 'event-types', 'jobs', 'json', 'metadata', 'postgres', 'rollups', 'storage'],
  openapi: [
    ...['auth', 'common', 'config', 'data', 'declared-types', 'deletion', 'event-types', 'health', 'http', 'latest'],
    ...['metadata', 'search', 'summaries', 'welcome'],
  ],
};

interface Import {
  from: string;
  to: string;
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/from '(\.[^']*)\.js'/g)].map(([, target = '']) => ({
    from: relative(src, path),
    to: relative(src, join(path, '..', `${target}.ts`)),
  }));
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.filter((name) => !name.endsWith('.spec.ts')).flatMap((name) => importsOf(join(src, name)));

/** The room of a file: its folder, and within `storage/` the folder below. Files at the top put the rooms together. */
function roomOf(path: string): string {
  const [folder = '', room = '', ...rest] = path.split('/');
  if (room === '') return '';
  return folder === 'storage' && rest.length > 0 ? `${folder}/${room}` : folder;
}

/** Whether a room is one of those that are allowed; `storage` stands for all of its rooms. */
function isAmong(allowed: readonly string[], room: string): boolean {
  return allowed.includes(room) || (room.startsWith('storage/') && allowed.includes('storage'));
}

test('imports go down: from controllers to services to stores, and never back', () => {
  const forbidden = imports.filter(({ from, to }) => {
    const allowed = MAY_IMPORT[roomOf(from)];
    const target = roomOf(to);
    // Migrations lie beside `src`.
    return allowed && roomOf(from) !== target && target !== '..' && !isAmong(allowed, target);
  });
  expect(forbidden).toEqual([]);
});

test('every room has its place in the rule above', () => {
  const rooms = new Set(files.map(roomOf));
  expect([...rooms].filter((name) => !['', 'cli', 'storage'].includes(name) && !MAY_IMPORT[name])).toEqual([]);
});

test('no file imports itself by way of others', () => {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const reaches = (start: string, seen = new Set<string>()): Set<string> => {
    for (const to of next.get(start) ?? [])
      if (!seen.has(to)) {
        seen.add(to);
        reaches(to, seen);
      }
    return seen;
  };
  expect([...next.keys()].filter((file) => reaches(file).has(file))).toEqual([]);
});

test('the commands of readers load no server: they start at once', () => {
  const loaded = new Set(files.filter((name) => name.startsWith('cli/get/') && !name.endsWith('.spec.ts')));
  const packages = new Set<string>();
  for (const file of loaded)
    for (const [, names = '', target = ''] of readFileSync(join(src, file), 'utf8').matchAll(
      /^import ([^']*?) from '([^']*)'/gm,
    )) {
      // Types are gone when the program runs.
      if (
        names
          .replace(/[{}]/g, '')
          .split(',')
          .every((name) => name.trim() === '' || name.trim().startsWith('type '))
      )
        continue;
      if (target.startsWith('.')) loaded.add(join(file, '..', target.replace(/\.js$/, '.ts')));
      else if (!target.startsWith('node:')) packages.add(target);
    }
  expect([...packages].sort()).toEqual(['commander', 'marigram-client', 'string-width']);
});

test('SQL is written in stores and engines only, and the environment is read in one file', () => {
  const sql = /\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b/;
  const writers = files.filter((name) => sql.test(readFileSync(join(src, name), 'utf8')));
  expect(writers.filter((name) => !/^(storage|postgres|embedded-postgres)\//.test(name))).toEqual([]);
  const readers = files.filter((name) => /process\.env\b/.test(readFileSync(join(src, name), 'utf8')));
  // The programs hand it to the configuration; the postmaster gets the PATH.
  expect(readers.sort()).toEqual(['cli/main.ts', 'embedded-postgres/postmaster.ts', 'main.ts']);
});
