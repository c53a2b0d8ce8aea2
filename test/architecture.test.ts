import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/**
 * Which rooms a room may import from, besides itself; those of `storage/` one by one. The order is that of the layers,
 * lowest first: a room imports only from rooms above its line here.
 */
const MAY_IMPORT: Record<string, string[]> = {
  common: [],
  json: ['common'],
  config: ['common'],
  metrics: ['common'],
  'event-types': ['common', 'json'],
  rollups: ['common', 'event-types', 'json'],
  evaluation: ['common'],
  'embedded-postgres': ['common'],
  postgres: ['common'],
  jobs: ['common', 'metrics', 'postgres'],
  'storage/hypertables': ['common', 'postgres'],
  'storage/schema': ['common', 'event-types', 'postgres', 'storage/hypertables'],
  'storage/codec': [],
  'storage/access': ['postgres', 'storage/schema'],
  'storage/registry': [
    ...['common', 'evaluation', 'event-types', 'postgres', 'rollups'],
    ...['storage/access', 'storage/hypertables', 'storage/schema'],
  ],
  'storage/events': ['common', 'evaluation', 'postgres', 'storage/access', 'storage/registry'],
  'storage/rules': ['common', 'evaluation', 'postgres', 'storage/access', 'storage/events', 'storage/registry'],
  'storage/databases': ['common', 'postgres', 'storage/access', 'storage/registry'],
  'storage/sessions': ['common', 'postgres', 'storage/access', 'storage/registry', 'storage/schema'],
  'storage/points': [
    ...['common', 'event-types', 'postgres'],
    ...['storage/codec', 'storage/hypertables', 'storage/registry', 'storage/sessions'],
  ],
  'storage/rollups': [
    ...['common', 'event-types', 'postgres', 'rollups'],
    ...['storage/codec', 'storage/hypertables', 'storage/points', 'storage/registry'],
  ],
  'storage/ingest': [
    ...['common', 'evaluation', 'event-types', 'metrics', 'postgres', 'rollups'],
    ...['storage/access', 'storage/events', 'storage/hypertables', 'storage/points', 'storage/registry'],
    ...['storage/rollups', 'storage/rules', 'storage/sessions'],
  ],
  'storage/annotations': [
    ...['common', 'postgres', 'storage/access', 'storage/events', 'storage/ingest', 'storage/sessions'],
  ],
  'storage/removal': [
    ...['common', 'postgres', 'rollups'],
    ...['storage/access', 'storage/databases', 'storage/events', 'storage/hypertables', 'storage/points'],
    ...['storage/registry', 'storage/rollups', 'storage/sessions'],
  ],
  'storage/dump': [
    ...['postgres', 'storage/access', 'storage/annotations', 'storage/databases', 'storage/events'],
    ...['storage/hypertables', 'storage/points', 'storage/registry', 'storage/rollups', 'storage/rules'],
    'storage/sessions',
  ],
  audit: ['common', 'config', 'jobs', 'storage'],
  auth: ['audit', 'common', 'config', 'storage'],
  http: ['auth', 'common', 'config', 'json', 'metrics', 'postgres'],
  metadata: ['auth', 'common', 'config', 'event-types', 'http', 'jobs', 'json', 'rollups', 'storage'],
  packing: ['common', 'jobs', 'metrics', 'storage'],
  retention: ['common', 'config', 'event-types', 'jobs', 'rollups', 'storage'],
  search: ['common', 'event-types', 'http', 'metadata', 'postgres', 'rollups', 'storage'],
  rows: ['common', 'http', 'postgres'],
  latest: ['common', 'event-types', 'http', 'metadata', 'search', 'storage'],
  data: ['audit', 'auth', 'common', 'config', 'event-types', 'http', 'jobs', 'json', 'metrics', 'rows', 'storage'],
  summaries: ['common', 'event-types', 'http', 'metadata', 'rollups', 'rows', 'storage'],
  sessions: [
    ...['audit', 'auth', 'common', 'config', 'data', 'event-types', 'http', 'jobs', 'json', 'metadata', 'postgres'],
    ...['rollups', 'rows', 'storage', 'summaries'],
  ],
  annotations: ['auth', 'common', 'data', 'http', 'json', 'sessions', 'storage'],
  luna: ['audit', 'auth', 'common', 'event-types', 'http', 'json', 'postgres', 'rollups', 'sessions', 'storage'],
  statistics: ['common', 'event-types', 'http', 'rollups', 'storage'],
  sensors: [
    ...['auth', 'common', 'config', 'data', 'event-types', 'http', 'json', 'metadata', 'metrics', 'postgres'],
    ...['statistics', 'storage'],
  ],
  'line-protocol': [
    ...['audit', 'auth', 'common', 'config', 'event-types', 'http', 'json', 'metrics', 'postgres', 'storage'],
  ],
  deletion: ['auth', 'common', 'http', 'postgres', 'storage'],
  databases: [
    ...['auth', 'common', 'deletion', 'event-types', 'http', 'json', 'metadata', 'postgres', 'rollups', 'storage'],
  ],
  'declared-types': ['auth', 'common', 'event-types', 'http', 'storage'],
  rules: ['auth', 'common', 'evaluation', 'event-types', 'http', 'storage'],
  events: ['auth', 'common', 'evaluation', 'http', 'postgres', 'storage'],
  health: ['common', 'http', 'metrics', 'postgres'],
  welcome: ['common', 'config', 'http'],
  backup: ['common', 'jobs', 'postgres', 'storage'],
  import: ['common', 'data', 'event-types', 'jobs', 'json', 'metadata', 'postgres', 'rollups', 'sessions', 'storage'],
  openapi: [
    ...['annotations', 'auth', 'common', 'config', 'data', 'databases', 'declared-types', 'deletion', 'event-types'],
    ...['events', 'health', 'http', 'latest', 'metadata', 'rollups', 'rules', 'search', 'sensors', 'sessions'],
    ...['statistics', 'summaries', 'welcome'],
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

test('the layers are a strict order: no room may import from one above it', () => {
  const lowestFirst = Object.keys(MAY_IMPORT);
  const upward = lowestFirst.flatMap((room, layer) => {
    const above = lowestFirst.slice(layer);
    return above.filter((name) => isAmong(MAY_IMPORT[room] ?? [], name)).map((name) => `${room} → ${name}`);
  });
  expect(upward).toEqual([]);
});

test('docs/architecture.md lists the rooms and what they may import', () => {
  const text = readFileSync(join(src, '../docs/architecture.md'), 'utf8');
  const [, section = ''] = /^## Rooms$(.*?)^## /ms.exec(text) ?? [];
  const rows = [...section.matchAll(/^\| `(.+?)` +\| (.*?) +\|$/gm)].map(([, room = '', allowed = '']) => [
    room,
    [...allowed.matchAll(/`(.+?)`/g)].map(([, name]) => name),
  ]);
  expect(rows).toEqual(Object.entries(MAY_IMPORT));
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
  expect([...packages].sort()).toEqual(['commander', 'marigram-client', 'marigram-client/exact', 'string-width']);
});

test('SQL is written in stores and engines only, and the environment is read in one file', () => {
  const sql = /\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b/;
  const writers = files.filter((name) => sql.test(readFileSync(join(src, name), 'utf8')));
  expect(writers.filter((name) => !/^(storage|postgres|embedded-postgres)\//.test(name))).toEqual([]);
  const readers = files.filter((name) => /process\.env\b/.test(readFileSync(join(src, name), 'utf8')));
  // The programs hand it to the configuration; the postmaster gets the PATH.
  expect(readers.sort()).toEqual(['cli/main.ts', 'embedded-postgres/postmaster.ts', 'main.ts']);
});

/** Which room owns which tables: no other room may name them in a statement. Migrations, which lie beside `src`, may. */
const OWNED_TABLES: Record<string, string[]> = {
  'storage/schema': ['storage_info'],
  'storage/access': ['api_key', 'network', 'audit', 'write_count', 'dropped_points'],
  'storage/registry': ['event_type', 'metadata', 'series', 'summary', 'rule_generation'],
  'storage/events': ['event', 'rule_state'],
  'storage/rules': ['rule'],
  'storage/databases': ['database', 'field'],
  'storage/sessions': ['session', 'session_stream', 'luna_upload'],
  'storage/annotations': ['annotation'],
  'storage/points': ['point', 'segment'],
  'storage/rollups': ['back_fill', 'rollup', 'sealed_bin'],
  'storage/ingest': ['idempotency', 'import_progress'],
};

const ownerOf = new Map(Object.entries(OWNED_TABLES).flatMap(([room, tables]) => tables.map((table) => [table, room])));

/** The texts of string and template literals; an expression inside a template becomes a `?`. Comments are no texts. */
function textsOf(source: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node))
      texts.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' ? '));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest));
  return texts;
}

/** What stands before the name of a table, or a list of such names with aliases. SQL keywords are upper-case here. */
const BEFORE_TABLE =
  /\b(?:FROM|JOIN|USING|INTO|UPDATE|TABLE|TRUNCATE|COPY|LIKE|REFERENCES|VACUUM|ANALYZE)\s+(?:ONLY\s+)?/;
const TABLE_LIST = new RegExp(
  `${BEFORE_TABLE.source}((?:\\w+(?:\\s+(?:AS\\s+)?[a-z]\\w*)?\\s*,\\s*(?:ONLY\\s+)?)*\\w+)`,
  'g',
);

/** The tables of the archive that a statement names, in clauses or as a text that is cast to `regclass`. */
function tablesIn(text: string): string[] {
  const listed = [...text.matchAll(TABLE_LIST)].flatMap(([, list = '']) => list.split(','));
  const cast = [...text.matchAll(/'(\w+)'::regclass|to_regclass\('(\w+)'\)/g)].map(([, a, b]) => a ?? b ?? '');
  const names = [
    ...listed.map(
      (item) =>
        item
          .trim()
          .replace(/^ONLY\s+/, '')
          .split(/\s+/)[0] ?? '',
    ),
    ...cast,
  ];
  return [...new Set(names.filter((name) => ownerOf.has(name)))];
}

/** The tables that a room must not name, and does. */
function foreignTables(room: string, source: string): string[] {
  if (!BEFORE_TABLE.test(source) && !/regclass/.test(source)) return []; // To parse all files takes seconds.
  return textsOf(source)
    .flatMap(tablesIn)
    .filter((table) => ownerOf.get(table) !== room);
}

describe('a table has one owner, and others ask it', () => {
  test('statements name the tables of their own room only', () => {
    const violations = files.flatMap((name) =>
      foreignTables(roomOf(name), readFileSync(join(src, name), 'utf8')).map((table) => `${name}: ${table}`),
    );
    expect(violations).toEqual([]);
  });

  test.each([
    ['a clause', "sql.query('SELECT 1 FROM point WHERE series = $1')"],
    ['a clause on a line of its own', 'sql.query(`SELECT 1\n   FROM\n   point p`)'],
    ['a template with expressions', 'sql.query(`${WITH} DELETE FROM point p USING (${cutOffs}) e`)'],
    ['a joined table', "sql.query('SELECT 1 FROM unnest($1) AS a JOIN point USING (series)')"],
    ['a subquery', "sql.query('SELECT EXISTS (SELECT FROM point)')"],
    ['a list of tables', "sql.query('SELECT 1 FROM chunk c, point p')"],
    ['an insert', 'const INSERT = `INSERT INTO point (series) VALUES ($1)`'],
    ['an update', "const text = 'UPDATE point SET value = 1'"],
    ['a lock', "sql.query('LOCK TABLE ONLY chunk, ONLY point IN SHARE MODE')"],
    ['a name that is cast', `sql.query("SELECT 'point'::regclass")`],
  ])('such as in %s', (_, source) => {
    expect(foreignTables('storage/removal', source)).toEqual(['point']);
    expect(foreignTables('storage/points', source)).toEqual([]);
  });

  test('words that are no statements are not taken for one', () => {
    const source = '// SELECT FROM point\nconst message = "points come from point"; sql.query("SELECT point FROM p");';
    expect(foreignTables('storage/removal', source)).toEqual([]);
  });

  test('entities are used by the room of their table only', () => {
    const schema = files.filter((name) => name.startsWith('storage/schema/') && name.endsWith('.entity.ts'));
    const entities = schema.flatMap((name) => [
      ...readFileSync(join(src, name), 'utf8').matchAll(/@Entity\('(\w+)'\)[^]*?export class (\w+)/g),
    ]);
    const roomsOf = new Map(entities.map(([, table = '', entity = '']) => [entity, ownerOf.get(table)]));
    const violations = files.flatMap((name) =>
      [...readFileSync(join(src, name), 'utf8').matchAll(/^import \{([^}]*)\} from '[^']*\.entity\.js'/gm)]
        .flatMap(([, names = '']) => names.split(',').map((item) => item.trim()))
        .filter((entity) => roomsOf.has(entity) && ![roomsOf.get(entity), 'storage/schema'].includes(roomOf(name)))
        .map((entity) => `${name}: ${entity}`),
    );
    expect(roomsOf.size).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });

  test('every table has an owner', () => {
    const migrations = join(src, '../migrations');
    const created = readdirSync(migrations).flatMap((name) =>
      [...readFileSync(join(migrations, name), 'utf8').matchAll(/CREATE TABLE (\w+)/g)].map(([, table]) => table),
    );
    expect([...ownerOf.keys()].sort()).toEqual([...new Set(created)].sort());
  });
});
