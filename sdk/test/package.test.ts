import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../test/support/process.js';
import { startClient, type TestClient } from './support/client.js';
import { codeOf } from './support/readme.js';

/** An empty project in which the packed SDK is installed. */
let project: string;
let client: TestClient;

/** Runs a program in the project, with nothing of the tests' environment but the way to programs; its stdout. */
async function run(program: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: project, npm_config_cache: join(project, '.npm'), URL: client.url };
  const options = { cwd: project, env: { ...env, MARIGRAM_KEY: client.auth.apiKey } };
  try {
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const node = (...args: string[]): Promise<string> => run(process.execPath, ...args);

function write(name: string, text: string): string {
  mkdirSync(join(project, name, '..'), { recursive: true });
  writeFileSync(join(project, name), text);
  return name;
}

/** Compiles files with these options; throws what the compiler has to say. */
async function compile(files: string[], options: object): Promise<void> {
  const compilerOptions = { strict: true, target: 'ES2022', types: [], noUncheckedIndexedAccess: true, ...options };
  write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  await node(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.');
}

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'marigram-sdk-test-'));
  client = await startClient();
  write('package.json', '{ "private": true }');
  await node(join(ROOT, 'scripts/build-if-stale.js'));
  await run('npm', 'pack', '--ignore-scripts', '--pack-destination', project, join(ROOT, 'sdk'));
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))!;
  await run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${tarball}`);
});
afterAll(async () => {
  await client.close();
  rmSync(project, { recursive: true });
});

const installed = (): string => join(project, 'node_modules/marigram-client');

describe('the package', () => {
  test('has nothing in it but what runs, and brings nothing along', () => {
    const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8')) as Record<string, unknown>;
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies'])
      expect(manifest[kind]).toBeUndefined();
    expect(readdirSync(installed()).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'marigram-client',
    ]);
    const files = readdirSync(join(installed(), 'dist'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /\.built|\.ts$/.test(name) && !name.endsWith('.d.ts'))).toEqual([]);
    for (const name of files.filter((file) => file.endsWith('.js'))) {
      const isForNode = name.includes('session') || /(json-files|disk-spool)\.js$/.test(name);
      const foreign = isForNode ? /(from|require\() ?['"](?!\.|node:)/ : /(from|require\() ?['"](?!\.)/;
      expect(readFileSync(join(installed(), 'dist', name), 'utf8'), name).not.toMatch(foreign);
    }
  });

  const PROGRAM = `
    const auth = { username: 'x', apiKey: process.env.MARIGRAM_KEY };
    const read = async () => {
      const values = [];
      for await (const m of new ApiConnect(process.env.URL, { source: '192.0.2.1' }, auth).getMetadata())
        for await (const p of m.getEventType('ntp-offset').points()) values.push(p.val);
      return values;
    };
    (async () => {
      const post = new MetadataPost(process.env.URL, { ...auth, subjectType: 'network-element', source: '192.0.2.1', measurementAgent: '192.0.2.1' });
      const { metadataKey } = await post.addEventType('ntp-offset').postMetadata();
      await new EventTypePost(process.env.URL, { ...auth, metadataKey, eventType: 'ntp-offset' }).addDataPoint(TS, 0.5).postData();
      console.log(JSON.stringify(await read()));
    })();`;
  const NAMES = '{ ApiConnect, EventTypePost, MetadataPost }';

  test('runs with import and with require', async () => {
    write('esm.mjs', `import ${NAMES} from 'marigram-client';${PROGRAM.replace('TS', '1')}`);
    expect(await node('esm.mjs')).toBe('[0.5]\n');
    write('cjs.cjs', `const ${NAMES} = require('marigram-client');${PROGRAM.replace('TS', '2')}`);
    expect(await node('cjs.cjs')).toBe('[0.5,0.5]\n');
  });

  test('has the formulas as an entry of their own, with import and with require', async () => {
    const program = `console.log(quantilesOf(multisetOf([1, 2, 4]))[3]);`;
    write('exact.mjs', `import { multisetOf, quantilesOf } from 'marigram-client/exact';${program}`);
    expect(await node('exact.mjs')).toBe('2\n');
    write('exact.cjs', `const { multisetOf, quantilesOf } = require('marigram-client/exact');${program}`);
    expect(await node('exact.cjs')).toBe('2\n');
  });
});

describe('its data sessions', () => {
  const PROGRAM = `
    (async () => {
      const sums = [];
      const ds = await dataSession({ name: 'A test' }, { time: 'relative' });
      ds.subscribe((table, stream, { value }) => sums.push([table, value.length]));
      await ds.newMetric().put({ ts: [0, 1], value: [1, 2] });
      const { backends } = await ds.close();
      console.log(JSON.stringify([sums, backends[0].status, typeof ds[Symbol.asyncDispose]]));
    })();`;
  const PRINTED = '[[["metrics",2]],"complete","function"]\n';

  test('run with import and with require', async () => {
    write('session.mjs', `import { dataSession } from 'marigram-client/session';${PROGRAM}`);
    expect(await node('session.mjs')).toBe(PRINTED);
    write('session.cjs', `const { dataSession } = require('marigram-client/session');${PROGRAM}`);
    expect(await node('session.cjs')).toBe(PRINTED);
  });
});

describe('its logger', () => {
  const PROGRAM = `
    (async () => {
      const value = new Field('value');
      const writers = [new JsonFileWriter({ path: 'logged.ndjson', format: 'ndjson' })];
      const logger = new DataLogger({ writers });
      logger.log(new Measurement('m', value), { value: 7 }, {}, { time: 0 });
      await logger.close();
      console.log(readFileSync('logged.ndjson', 'utf8').trim());
      rmSync('logged.ndjson');
    })();`;
  const NAMES = '{ DataLogger, Field, JsonFileWriter, Measurement }';
  const PRINTED = '{"measurement":"m","fields":{"value":7},"tags":{},"time":"1970-01-01T00:00:00.000000Z"}\n';

  test('runs with import and with require, and loads what needs Node', async () => {
    const imports = `import { readFileSync, rmSync } from 'node:fs'; import ${NAMES} from 'marigram-client/logger';`;
    write('logger.mjs', imports + PROGRAM);
    expect(await node('logger.mjs')).toBe(PRINTED);
    const requires = `const { readFileSync, rmSync } = require('node:fs'); const ${NAMES} = require('marigram-client/logger');`;
    write('logger.cjs', requires + PROGRAM);
    expect(await node('logger.cjs')).toBe(PRINTED);
  });
});

describe('its types', () => {
  const TYPED = `
    import { ApiConnect, type DataHistogram, EventTypePost, MetadataPost } from 'marigram-client';
    import { type Moments, momentsOf, multisetOf, sumsOf } from 'marigram-client/exact';
    export const moments: Moments = momentsOf(sumsOf(multisetOf(Float64Array.of(1, 2))));
    declare module 'marigram-client' {
      interface EventTypeValues { 'queue-lengths': number[] }
    }
    export async function main(): Promise<void> {
      const mp = new MetadataPost('http://localhost', { subjectType: 'point-to-point', source: 'a', destination: 'b', measurementAgent: 'c' });
      mp.addEventType('queue-lengths').addEventType('of the archive alone').addSummaryType('throughput', 'average', [60]);
      // @ts-expect-error json has no summaries
      mp.addSummaryType('failures', 'average', [60]);
      // @ts-expect-error a host has no destination
      new MetadataPost('http://localhost', { subjectType: 'network-element', source: 'a', destination: 'b', measurementAgent: 'c' });
      for await (const m of new ApiConnect('http://localhost', { anyParameter: 1 }).getMetadata()) {
        const lengths: number[] | undefined = (await m.getEventType('queue-lengths')!.getData()).data[0]?.val;
        const histogram: DataHistogram | undefined = (await m.getEventType('histogram-owdelay')!.getData()).data[0];
        const mean: number | undefined = (await m.getEventType('throughput')!.getSummary('average', 60)!.getData()).data[0]?.val;
        // @ts-expect-error a number is no text
        const text: string | undefined = (await m.getEventType('throughput')!.getData()).data[0]?.val;
        console.log(lengths, histogram?.val['41.0'], mean, text);
      }
      const loss = new EventTypePost('http://localhost', { metadataKey: 'k', eventType: 'packet-loss-rate' });
      loss.addDataPoint(1, { numerator: 1, denominator: 2 });
      // @ts-expect-error a share is posted as its two parts
      loss.addDataPoint(1, 0.5);
      new EventTypePost('http://localhost', { metadataKey: 'k', eventType: 'queue-lengths' }).addDataPoint(1, [1, 2]);
    }`;
  const NODE = { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')], lib: ['ES2022'] };

  test.each([
    ['an ES module', 'typed.mts', { module: 'nodenext', ...NODE }],
    ['a CommonJS module', 'typed.cts', { module: 'nodenext', ...NODE }],
    ['a page', 'typed.mts', { module: 'esnext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'] }],
  ])('fit in %s, with declarations of the user merged in', async (_what, file, options) => {
    write(file, TYPED);
    await compile([file], { noEmit: true, ...options });
  });

  const SESSION = `
    import { type Backend, dataSession, type SessionReport } from 'marigram-client/session';
    export async function main(): Promise<void> {
      await using ds = await dataSession({ name: 'x', ammo: { rps: 5 } }, { time: 'relative', onNaN: 'skip' });
      const backend: Backend = {
        put(table, stream, data) {
          if (table === 'events') console.log(stream.case, data.value.join());
          if (table === 'metrics') console.log(data.value[0]?.toFixed(), data.row);
          if (table === 'aggregates') console.log(data.value.q95, data.revision);
        },
      };
      ds.subscribe(backend, (table, streamId, { ts }) => console.log(table, streamId, ts));
      const voltage = ds.newMetric({ name: 'Voltage' });
      const codes = ds.newEvents({}, { raw: false, aggregate: true, parent: voltage, case: 'idle' });
      await voltage.put({ ts: new BigInt64Array(1), value: new Float32Array(1) });
      await voltage.put([[1, 2]]);
      await codes.put(1, '200');
      // @ts-expect-error codes are texts
      await codes.put(1, 200);
      // @ts-expect-error a voltage is a number
      await voltage.put([[1, '2']]);
      const report: SessionReport = await ds.close({ testEnd: 5 });
      console.log(report.backends.map(({ name, rows }) => name + rows));
    }`;

  test.each([
    ['an ES module', 'session.mts'],
    ['a CommonJS module', 'session.cts'],
  ])('of sessions fit in %s', async (_what, file) => {
    write(file, SESSION);
    await compile([file], { noEmit: true, module: 'nodenext', ...NODE });
  });
});

test('the examples of the guide compile as they stand, and run', async () => {
  write('guide.mts', codeOf('docs/sdk.md', 'ts'));
  await compile(['guide.mts'], {
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    lib: ['ES2022'],
  });
  write(
    'guide.mjs',
    readFileSync(join(project, 'guide.mjs'), 'utf8').replaceAll("'http://localhost:8080'", 'process.env.URL'),
  );
  await client.archive.query(`INSERT INTO event_type VALUES ('rack-temperature', 'float', '°C', '', now())`);
  expect(await node('guide.mjs')).toBe('');
});

test('the program of the page on load tests runs, and all of its points are stored', async () => {
  write('load.mjs', codeOf('docs/sessions.md', 'js').replaceAll('http://127.0.0.1:8080', client.url));
  expect(await node('load.mjs')).toMatch(/^job_[0-9a-f-]+ complete\n$/);
});

test('the program of the page on logging runs, and writes what it has timed', async () => {
  write('logging.mjs', codeOf('docs/logger.md', 'js').replaceAll('http://127.0.0.1:8080', client.url));
  expect(await node('logging.mjs')).toMatch(/^hashed [\d.]+ s\nwritten 4 of 4\n$/);
});

test('the examples of its README compile, run, and print what they read', async () => {
  write('readme.mts', codeOf('sdk/README.md', 'ts').replace("'http://localhost:8080'", 'process.env.URL!'));
  await compile(['readme.mts'], {
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    lib: ['ES2022'],
  });
  const lines = (await node('readme.mjs')).trim().split('\n');
  expect(lines.slice(0, 2).map((line) => line.split(' ').at(-1))).toEqual(['9300000000', '9400000000']);
  expect(lines.find((line) => line.startsWith('average:'))).toMatch(/^average: 9[34]\d+$/);
  expect(lines.find((line) => line.startsWith('sum:'))).toBe('sum: 18700000000');
  expect(lines.find((line) => line.includes('there already'))).toBe(
    "0 stored; there already: [ { eventType: 'throughput', ts: " + lines.at(-1)!.match(/\d{10}/)![0] + ' } ]',
  );
});
