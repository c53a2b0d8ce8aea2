import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Which folders a folder may import from, besides itself; entities may be imported by the database. */
const MAY_IMPORT: Record<string, string[]> = {
  common: [],
  metrics: ['common'],
  json: ['common'],
  'event-types': ['common', 'json'],
  config: ['common'],
  database: ['common', 'config', 'storage'],
  rollups: ['common', 'event-types', 'json'],
  storage: ['common', 'config', 'event-types', 'metrics', 'rollups'],
  audit: ['common', 'config', 'storage'],
  auth: ['audit', 'common', 'config', 'storage'],
  http: ['auth', 'common', 'config', 'json', 'metrics', 'storage'],
  metadata: ['auth', 'common', 'config', 'event-types', 'http', 'json', 'storage'],
  retention: ['common', 'config', 'event-types', 'storage'],
  search: ['common', 'event-types', 'http', 'metadata', 'storage'],
  latest: ['common', 'event-types', 'http', 'metadata', 'search', 'storage'],
  summaries: ['common', 'data', 'event-types', 'http', 'metadata', 'rollups', 'storage'],
  openapi: [
    'auth',
    'common',
    'config',
    'data',
    'declared-types',
    'deletion',
    'event-types',
    'health',
    'http',
    'latest',
    'metadata',
    'search',
    'summaries',
    'welcome',
  ],
  data: ['audit', 'auth', 'common', 'config', 'event-types', 'http', 'json', 'metrics', 'storage'],
  deletion: ['auth', 'common', 'http', 'storage'],
  'declared-types': ['auth', 'common', 'event-types', 'http', 'storage'],
  health: ['common', 'http', 'metrics', 'storage'],
  welcome: ['common', 'config', 'http'],
  backup: ['common', 'storage'],
  import: ['common', 'data', 'event-types', 'json', 'metadata', 'rollups', 'storage'],
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
const folderOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '');

test('imports go down: from controllers to services to stores, and never back', () => {
  const forbidden = imports.filter(({ from, to }) => {
    const allowed = MAY_IMPORT[folderOf(from)];
    const target = folderOf(to);
    if (!allowed || folderOf(from) === target || allowed.includes(target) || target === '..') return false;
    return !(folderOf(from) === 'database' && to.endsWith('.entity.ts'));
  });
  expect(forbidden).toEqual([]);
});

test('every folder has its place in the rule above', () => {
  const folders = new Set(files.map(folderOf));
  expect([...folders].filter((name) => name !== '' && name !== 'cli' && !MAY_IMPORT[name])).toEqual([]);
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
  expect(writers.filter((name) => !name.startsWith('storage/') && !name.startsWith('database/'))).toEqual([]);
  const readers = files.filter((name) => /process\.env\b/.test(readFileSync(join(src, name), 'utf8')));
  // The programs hand it to the configuration; the postmaster gets the PATH.
  expect(readers.sort()).toEqual(['cli/main.ts', 'database/postmaster.ts', 'main.ts']);
});
