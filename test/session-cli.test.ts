import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { type Ending, freePort, MARIGRAM, type Program, Sandbox } from './support/process.js';
import { send, SESSIONS } from './support/sessions.js';

const START = 1574164720000000;

const BASE_POINTS = {
  ts: [249248, 450572, 649228, 849529],
  value: [30021, 30764, 29917, 30307],
};

const sandbox = new Sandbox();
let archive: TestArchive;
let environment: Record<string, string>;

beforeAll(async () => {
  archive = await startArchive();
  environment = {
    MARIGRAM_URL: await archive.app.getUrl(),
    MARIGRAM_KEY: archive.auth.replace('Token ', ''),
  };
  await runOf('run-17', BASE_POINTS, ['200', '200', '200', '200']);
  await runOf('run-18', { ts: [...BASE_POINTS.ts, 999999], value: [...BASE_POINTS.value, 31000] }, [
    ...['200', '200', '200', '200', '502'],
  ]);
});
afterAll(async () => {
  await sandbox.dispose();
  await archive.close();
});

/** Stores a closed session with one metric and its codes. */
async function runOf(id: string, latency: { ts: number[]; value: number[] }, codes: string[]): Promise<void> {
  const path = `${SESSIONS}/${id}`;
  const body = { 'test-start': START, name: 'checkout', meta: { component: 'checkout' } };
  await send(archive, 'put', path, body).expect(201);
  const both = { name: 'latency', aggregate: true, case: 'GET /cart' };
  await send(archive, 'put', `${path}/streams/latency`, { ...both, type: 'metric' }).expect(201);
  await send(archive, 'put', `${path}/streams/codes`, { type: 'event', name: 'codes', aggregate: true }).expect(201);
  if (id === 'run-17') await send(archive, 'put', `${path}/streams/voltage`, { type: 'metric', name: 'voltage' });
  await send(archive, 'put', `${path}/streams/latency/points/0?time=relative`, latency).expect(200);
  const points = { ts: latency.ts, value: codes };
  await send(archive, 'put', `${path}/streams/codes/points/0?time=relative`, points).expect(200);
  await send(archive, 'post', `${path}/close`, { 'test-end': START + 2_000_000 }).expect(200);
}

/** Runs the command line; it knows nothing of the database. */
function session(...args: string[]): Promise<Ending> {
  return sandbox.run([...MARIGRAM, 'session', ...args], environment);
}

test('list finds sessions by their fields, their meta and their start; as a table and as JSON', async () => {
  const { code, stdout } = await session('list', 'meta.component=checkout', 'status=closed', '--from', '2019-11-19');
  expect([code, stdout.split('\n').map((line) => line.split(/ {2,}/))]).toEqual([
    0,
    [
      ['SESSION', 'NAME', 'STATUS', 'START', 'LENGTH', 'STREAMS', 'ROWS', 'OPERATOR'],
      expect.arrayContaining(['run-18', 'checkout', 'closed', '2019-11-19 11:58:40Z', '2 s', '10', 'tester']),
      expect.arrayContaining(['run-17']),
      [''],
    ],
  ]);
  const json = await session('list', 'name=checkout', '--limit', '1', '-o', 'json');
  expect([JSON.parse(json.stdout), json.stderr]).toEqual([
    [expect.objectContaining({ session: 'run-18', rows: 10, meta: { component: 'checkout' } })],
    'These are the latest 1: --limit shows more.\n',
  ]);
  expect((await session('list', 'name=nothing')).stdout).toBe('There are no such sessions.\n');
  expect((await session('list', 'staus=open')).stderr).toContain('did you mean status?');
});

test('show has the streams, their rows, and what all their points are together', async () => {
  const { code, stdout } = await session('show', 'run-18');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^session +run-18 \(number \d+\)$/m)]);
  expect(stdout).toMatch(/^latency +GET \/cart +5 +0 +30401.8 +30307 +30952.8 +30990.56 +31000$/m);
  expect(stdout).toMatch(/^codes +- +5 +0 +200 80 %, 502 20 %$/m);
  const json = await session('show', 'run-17', '-o', 'json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    status: 'closed',
    streams: [
      { stream: 'latency', rows: 4, quantiles: { cnt: 4, q95: 30695.45, stddev: 378.92600421014475 } },
      { stream: 'codes', categories: { '200': 4 } },
      { stream: 'voltage', rows: 0, summaries: [] },
    ],
  });
});

test('delete needs --yes and a key of scope admin, and says what is gone', async () => {
  await send(archive, 'put', `${SESSIONS}/gone`, { 'test-start': START }).expect(201);
  expect((await session('delete', 'gone')).stderr).toContain('Nothing was deleted');
  expect((await session('delete', 'gone', '--dry-run')).stdout).toContain('nothing was deleted');
  expect((await session('delete', 'gone', '--yes')).stderr).toContain('refuses');
  const admin = { ...environment, MARIGRAM_KEY: (await archive.issueKey('admin')).replace('Token ', '') };
  const deleted = await sandbox.run([...MARIGRAM, 'session', 'delete', 'gone', '--yes'], admin);
  expect(deleted.stdout).toBe('Deleted session gone with 0 kept points in 0 streams.\n');
  const missing = await session('show', 'gone');
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('there is no session gone')]);
});

describe('compare', () => {
  test('has every figure of both sessions, and names what was not compared', async () => {
    const { code, stdout } = await session('compare', 'run-17', 'run-18');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^latency \(GET \/cart\) +q95 +30695.45 +30952.8 +\+257.35 +\+0.84 %$/m);
    expect(stdout).toMatch(/^codes +502 +0 \(0 %\) +1 \(20 %\) +\+1 +\+20.00 points$/m);
    expect(stdout).toContain('voltage of run-17 was not compared: the other session has none like it');
  });

  test.each([
    [0, ['latency:q95>+5%', 'codes:share(404)>1%'], 'ok  latency:q95>+5%  latency (GET /cart): +0.838397873'],
    [3, ['latency:q95>+0.8%', 'nothing:q95>1'], 'FAILED  latency:q95>+0.8%  latency (GET /cart): +0.838397873'],
    [1, ['latencies:q95>+5%'], 'NOT CHECKED  latencies:q95>+5%  latencies: no such streams were compared'],
  ])('the exit code is %i with --fail-on %s', async (code, conditions, outcome) => {
    const options = conditions.flatMap((condition) => ['--fail-on', condition]);
    const ending = await session('compare', 'run-17', 'run-18', ...options);
    expect([ending.code, ending.stdout]).toEqual([code, expect.stringContaining(outcome)]);
  });

  test('prints JSON, JUnit and Markdown for programs', async () => {
    const options = ['--fail-on', 'latency:q95>+0.5%', '--fail-on', 'a<b:d>0.9', '-o'];
    const [json, junit, markdown] = await Promise.all(
      ['json', 'junit', 'markdown'].map((format) => session('compare', 'run-17', 'run-18', ...options, format)),
    );
    expect(JSON.parse(json!.stdout)).toMatchObject({
      metrics: [{ figures: { q95: { base: 30695.45, other: 30952.8, difference: 257.35 } }, d: 0.2 }],
      checks: [{ check: 'latency:q95>+0.5%', state: 'fails' }, { state: 'unknown' }],
    });
    expect(junit!.stdout).toContain(`<testsuites tests="5" failures="1" errors="1">`);
    expect(junit!.stdout).toContain('<testcase classname="latency (GET /cart)" name="compared"/>');
    expect(junit!.stdout).toContain('<skipped message="the other session has none like it"/>');
    expect(junit!.stdout).toContain('<testcase classname="a&lt;b" name="a&lt;b:d&gt;0.9"><error message=');
    expect(markdown!.stdout).toContain('| latency (GET /cart) | q95 | 30695.45 | 30952.8 | +257.35 | +0.84 % |');
    expect([json!.code, junit!.code, markdown!.code]).toEqual([3, 3, 3]);
  });
});

/** A line of a stream for `printf`. */
const line = (stream: string, ts: number, value: number | string): string => String.raw`${stream}\t${ts}\t${value}\n`;

const LATENCY = BASE_POINTS.ts.map((ts, index) => line('latency', START + ts, BASE_POINTS.value[index]!)).join('');

/** What a session has come to. */
async function shown(id: string): Promise<unknown> {
  return JSON.parse((await session('show', id, '-o', 'json')).stdout);
}

describe('run', () => {
  let spool: string;
  beforeAll(() => {
    spool = join(sandbox.directory(), 'spool');
  });

  function launch(id: string, streams: string, script: string, env = environment): Program {
    const options = [
      '--name',
      'run',
      '--id',
      id,
      '--meta',
      'ammo=3',
      '--streams',
      streams,
      '--spool',
      spool,
      '--wait',
      '2s',
    ];
    return sandbox.launch([...MARIGRAM, 'session', 'run', ...options, '--', 'sh', '-c', script], env);
  }

  const RUNS = [
    {
      what: 'a command that ends well',
      ...{ id: 'well', script: `printf '${LATENCY}${line('codes:event', START, '200')}'`, code: 0 },
      stderr: /^marigram: session well: 5 points in 2 streams\n$/,
      shows: {
        ...{ status: 'closed', rows: 5, meta: { ammo: '3' } },
        streams: [
          { stream: 'latency', quantiles: { q95: 30695.45 } },
          { stream: 'codes', categories: { '200': 1 } },
        ],
      },
    },
    {
      what: 'a command that fails',
      ...{ id: 'fails', script: `printf '${LATENCY}'; exit 7`, code: 7, stderr: /4 points in 1 streams/ },
      shows: { status: 'interrupted', rows: 4, meta: { 'exit-code': 7 } },
    },
    {
      what: 'lines that are no points',
      ...{ id: 'lines', script: String.raw`printf 'a\t1\n${line('b', 1, 'x')}${line('a', 1, 2)}'`, code: 1 },
      stderr: /line 1: expected stream, tab, ts[^]*line 2: value: expected a number, got "x"[^]*2 lines were left out/,
      shows: { status: 'closed', rows: 1 },
    },
    {
      what: 'a command that is not there',
      ...{ id: 'absent', script: 'exec no-such-command', code: 127, stderr: /not found/ },
      shows: { status: 'interrupted' },
    },
  ];

  test.each(RUNS)('$what: its points are in the archive', async ({ id, script, code, stderr, shows }) => {
    expect(await launch(id, '-', script).ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(stderr) });
    expect(await shown(id)).toMatchObject(shows);
    expect(existsSync(join(spool, id))).toBe(false);
  });

  test('a signal is passed on, and what the command says then is stored', async () => {
    const pipe = join(sandbox.directory(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const write = (text: string): string => `printf '${text}' > ${pipe}`;
    const script = `trap "${write(line('latency', START + 1, 6)).replaceAll("'", "\\'")}; exit 5" TERM
      ${write(line('latency', START, 5))}
      echo "ready $MARIGRAM_SESSION $MARIGRAM_URL"; while :; do sleep 0.05; done`;
    const program = launch('signal', pipe, script.replaceAll(String.raw`\'`, "'"));
    await program.line(new RegExp(`^ready signal ${environment.MARIGRAM_URL!}$`));
    program.signal('SIGTERM');
    expect((await program.ended).code).toBe(5);
    expect(await shown('signal')).toMatchObject({ status: 'interrupted', rows: 2, meta: { 'exit-code': 5 } });
  });

  test('without the archive the points wait in the spool, and send brings them away', async () => {
    const away = { ...environment, MARIGRAM_URL: `http://127.0.0.1:${await freePort()}` };
    const file = join(sandbox.directory(), 'lines.tsv');
    writeFileSync(file, LATENCY.replaceAll(String.raw`\t`, '\t').replaceAll(String.raw`\n`, '\n'));
    const program = launch('away', file, 'kill -9 $$', away);
    expect((await program.ended).code).toBe(137);
    expect(program.stderr).toContain(`4 points wait for the archive: marigram session send ${join(spool, 'away')}`);
    const wrongKey = { ...environment, MARIGRAM_KEY: 'wrong' };
    const refused = await sandbox.run([...MARIGRAM, 'session', 'send', spool], wrongKey);
    expect([refused.code, refused.stdout]).toEqual([1, 'away: spooled (0 points sent, 4 wait)\n']);
    const watch = sandbox.launch([...MARIGRAM, 'session', 'send', spool, '--watch'], environment);
    await watch.line(/^away: complete \(4 points sent\)$/);
    watch.signal('SIGTERM');
    expect((await watch.ended).code).toBe(0);
    expect(await shown('away')).toMatchObject({ status: 'interrupted', rows: 4, meta: { 'exit-code': 137 } });
    expect(readdirSync(spool)).toEqual([]);
    expect((await session('send', spool)).stdout).toContain('Nothing waits in');
  });

  test('nothing is run where the archive refuses the session', async () => {
    const stranger = launch('run-17', '-', 'echo run >&2');
    expect([(await stranger.ended).code, stranger.stderr]).toEqual([
      1,
      expect.stringContaining('already: give another'),
    ]);
    const unknown = launch('unknown', '-', 'echo run >&2', { ...environment, MARIGRAM_KEY: 'wrong' });
    expect([(await unknown.ended).code, unknown.stderr]).toEqual([1, expect.not.stringContaining('run\n')]);
    expect(readdirSync(spool)).toEqual([]);
  });
});
