import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Command, lines, ROOT, Sandbox } from './support/process.js';

// Builds everything from its sources.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly bundleDependencies: readonly string[];
  readonly repository: { readonly url: string; readonly directory?: string };
  readonly homepage: string;
}
const manifestOf = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
const manifest = manifestOf(ROOT);

const sandbox = new Sandbox();
/** A folder with nothing but `node_modules`, as `npm install marigram-VERSION.tgz` leaves it. */
let folder: string;
let installed: string;
const npx = (...args: string[]): Command => ['npx', '--no', '--', 'marigram', ...args];

/** Packs a clone in which nothing was built, and returns the tarball. */
async function packFreshClone(): Promise<string> {
  const clone = sandbox.directory();
  const isSource = (path: string): boolean => !/\/(dist|dist-[^/]*|node_modules|\.git)$/.test(path);
  const unneeded = ['dist', 'dist-bench', 'data', 'node_modules', '.git', 'test', 'bench'];
  for (const name of readdirSync(ROOT).filter((entry) => !unneeded.includes(entry)))
    cpSync(join(ROOT, name), join(clone, name), { recursive: true, filter: isSource });
  link(
    clone,
    readdirSync(join(ROOT, 'node_modules')).filter((name) => name !== 'marigram-client'),
  );
  symlinkSync('../sdk', join(clone, 'node_modules/marigram-client'));
  const { code, stderr } = await sandbox.run(
    ['npm', 'pack', '--offline'],
    { npm_config_cache: join(clone, '.npm') },
    { cwd: clone },
  );
  expect(code, stderr).toBe(0);
  return join(clone, `marigram-${manifest.version}.tgz`);
}

/** Links packages that are installed here into another directory. */
function link(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const target = join(directory, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), target);
  }
}

beforeAll(async () => {
  const tarball = await packFreshClone();
  folder = sandbox.directory();
  installed = join(folder, 'node_modules/marigram');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xzf', tarball, '--strip-components=1', '-C', installed]);
  const { dependencies, optionalDependencies, bundleDependencies } = manifestOf(installed);
  const needed = Object.keys({ ...dependencies, ...optionalDependencies });
  link(
    folder,
    needed.filter((name) => !bundleDependencies.includes(name) && existsSync(join(ROOT, 'node_modules', name))),
  );
  mkdirSync(join(folder, 'node_modules/.bin'));
  symlinkSync('../marigram/dist/src/cli/main.js', join(folder, 'node_modules/.bin/marigram'));
  chmodSync(join(installed, 'dist/src/cli/main.js'), 0o755);
});
afterAll(() => sandbox.dispose());

test('npx marigram serves from an empty folder, and its hint issues a key there', async () => {
  const where = { cwd: folder };
  const server = await sandbox.start({}, npx('serve'), where);
  await server.program.line(new RegExp(`^The data are in ${folder}/data$`));
  const [, hint = ''] = await server.program.line(/no API key yet; issue one with: (.*)$/);
  expect(hint).toBe('npx marigram key issue USER --scope write');
  const issued = await sandbox.run(['sh', '-c', hint.replace('USER', 'pS_user')], {}, where);
  const key = lines(issued.stdout).at(-1)!.slice('Key: '.length);

  const uri = await server.register(key, 'throughput');
  const point = { ts: 1_714_557_600, val: 9_400_000_000 };
  expect((await server.fetch('POST', `${uri}throughput/base`, { key, body: point })).status).toBe(201);
  const read = await sandbox.run(
    npx('get', 'points', `${uri}throughput/base`, '--time-start', '2024-01-01'),
    { MARIGRAM_URL: server.origin },
    where,
  );
  expect(read).toMatchObject({ code: 0, stdout: `${JSON.stringify(point)}\n` });

  const { version } = manifest;
  expect(await server.json(200, 'GET', '/health/live')).toEqual({ status: 'ok', version });
  expect(await server.json(200, 'GET', '/health/ready')).toEqual({ status: 'ok', version });
  const metrics = await (await server.fetch('GET', '/metrics')).text();
  expect(metrics).toContain(`marigram_build_info{version="${version}"} 1`);
  server.program.signal('SIGTERM', 'group');
  await server.program.ended;
});

test('the version is that of the package', async () => {
  const { stdout } = await sandbox.run(npx('--version'), {}, { cwd: folder });
  expect(stdout).toBe(`${manifest.version}\n`);
});

describe('what is packed', () => {
  test('is what runs and what explains it, with the SDK', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['dist/src/main.js', 'docs/api.md', 'node_modules/marigram-client/dist/esm/index.js']),
    );
    expect(files.filter((name) => /\.built$|\.map$|^(src|test|scripts)$/.test(name))).toEqual([]);
  });

  test.each([
    ['marigram', (): string => installed],
    ['marigram-client', (): string => join(installed, 'node_modules/marigram-client')],
  ])('%s says where it comes from, and its links lead to something', (_name, place) => {
    const directory = place();
    const { repository, homepage } = manifestOf(directory);
    expect(repository.url).toBe(manifest.repository.url);
    expect(homepage.startsWith(repository.url.replace(/^git\+|\.git$/g, ''))).toBe(true);
    const pages = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.md') && !name.startsWith('node_modules'),
    );
    expect(pages).toContain('README.md');
    const broken = pages.flatMap((page) =>
      [...readFileSync(join(directory, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target]) => target!)
        .filter((target) => !existsSync(join(directory, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
