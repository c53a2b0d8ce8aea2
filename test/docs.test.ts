import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { postPoint, register } from './support/builders.js';
import { type ShellBlock, shellBlocks } from './support/markdown.js';
import { summarized } from './support/metadata.js';
import { hasProgram, lines, ROOT, Sandbox } from './support/process.js';

// Each page calls the command line many times, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 600_000 });

const PAGES = [
  'README.md',
  'sdk/README.md',
  'SECURITY.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** How the pages call the programs, and what runs in their place; a refusal by HTTP is a failure. */
const PROGRAMS = `
set -euo pipefail
marigram() { '${process.execPath}' '${ROOT}/dist/src/cli/main.js' "$@"; }
npm() {
  [ "$1 $2 $3 $4" = 'run -s marigram --' ] || { echo "npm $* is not run in tests" >&2; return 1; }
  marigram "\${@:5}"
}
curl() { command curl --silent --show-error --fail-with-body "$@"; }
`;

const sandbox = new Sandbox();
/** The archive from which the pages import. */
let old: TestArchive;

beforeAll(async () => {
  old = await startArchive();
  const uri = await register(old, summarized('throughput', ['average', 86_400]));
  await postPoint(old, uri, 'throughput', { ts: 1_714_557_600, val: 9_400_000_000 }).expect(201);
});
afterAll(async () => {
  await old.close();
  await sandbox.dispose();
});

const originOf = async (archive: TestArchive): Promise<string> => new URL(await archive.app.getUrl()).host;

/** Runs the blocks one after the other in one shell, as a reader pastes them; returns the stdout of each. */
async function paste(page: string, blocks: readonly ShellBlock[], archive: TestArchive): Promise<string[]> {
  // The pages name a key of scope write by its number, and a metadata by its key.
  for (const scope of ['read', 'write'] as const) await archive.issueKey(scope);
  const uri = await register(archive, summarized('throughput', ['average', 86_400]));
  const host = await originOf(archive);
  const names: readonly (readonly [RegExp, string])[] = [
    [/(127\.0\.0\.1|localhost|new\.example\.net):8080/g, host],
    [/(old\.example\.net(?!:)|other\.example\.net:8080)/g, await originOf(old)],
    [/0123456789abcdef0123456789abcdef/g, uri.split('/').at(-2)!],
  ];
  const isFresh = page !== 'docs/cli.md' && page !== 'docs/operations.md';
  if (isFresh)
    await archive.http
      .delete(uri)
      .set('authorization', await archive.issueKey('admin'))
      .expect(200);
  const script = blocks
    .map(({ line, commands }) => `printf '\\n==\\n'\necho 'line ${line}:' >&2\n${commands}`)
    .join('\n');
  const { code, stdout, stderr } = await sandbox.run(
    ['bash', '-c', PROGRAMS + names.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), script)],
    { DATABASE_URL: archive.databaseUrl, MARIGRAM_URL: `http://${host}`, LOG_LEVEL: 'silent' },
    { cwd: sandbox.directory() },
  );
  expect(code, `${page}, ${stderr}\n${stdout}`).toBe(0);
  return stdout.split('\n==\n').slice(1);
}

test('the blocks that no test runs are these', () => {
  const notRun = PAGES.flatMap((page) =>
    shellBlocks(page).flatMap(({ notRun: reason, commands }) =>
      reason === undefined ? [] : [`${page}: ${lines(commands)[0]!.replace(/ +#.*/, '')} (${reason})`],
    ),
  );
  expect(notRun).toEqual([
    'README.md: npm ci && npm start (starts the server)',
    'README.md: npm test (the test itself)',
    'sdk/README.md: npm install marigram-client (sdk/test/package.test.ts does it)',
    'examples/README.md: python3 examples/python.py (test/examples.test.ts does it)',
    'docs/line-protocol.md: K6_INFLUXDB_USERNAME=k6 K6_INFLUXDB_PASSWORD=$KEY k6 run --out influxdb=http://127.0.0.1:8080/k6 script.js (a load generator)',
    'docs/line-protocol.md: pcp2influxdb -g http://127.0.0.1:8080 -x pcp -U pcp -E "$KEY" -X host=web1 -t 10s kernel.all.load mem.util.used (needs a running pmcd)',
    'docs/line-protocol.md: influx -host 127.0.0.1 -port 8080 -username app -password "$KEY" -execute \'CREATE DATABASE app\' (test/influx-clients.test.ts does it)',
    'docs/migrating-from-esmond.md: npm ci && npm start (starts the server)',
    'docs/migrating-from-esmond.md: esmond-ps-get-metadata --url http://new.example.net:8080 --src 192.0.2.1 --dest 192.0.2.2 (a client of perfSONAR)',
    'docs/operations.md: npm install ./marigram-0.1.0.tgz (test/npm-package.test.ts does it)',
    'docs/operations.md: cd /opt/marigram (systemd)',
    'docs/performance.md: npm run bench (takes minutes)',
    'docs/sdk.md: npm install marigram-client (sdk/test/package.test.ts does it)',
  ]);
});

test
  .skipIf(!hasProgram('curl') || !hasProgram('bash'))
  .each(PAGES.filter((page) => shellBlocks(page).some(({ notRun }) => notRun === undefined)))(
  'the commands of %s work as pasted, on a fresh archive, and nothing is dropped or there already',
  async (page) => {
    const blocks = shellBlocks(page).filter(({ notRun }) => notRun === undefined);
    const archive = await startArchive();
    try {
      const outputs = await paste(page, blocks, archive);
      for (const [index, { answer, line }] of blocks.entries())
        if (answer !== undefined) expect(JSON.parse(outputs[index]!), `line ${line}`).toEqual(answer);
      const { text } = await archive.http.get('/metrics').expect(200);
      for (const metric of ['unregistered', 'conflicting', 'expired'])
        expect(text).toMatch(new RegExp(`^marigram_points_${metric}_total 0$`, 'm'));
      if (page === 'README.md') expect(outputs.at(-1)).toContain('1714557600,9400000000');
    } finally {
      await archive.close();
    }
  },
);
