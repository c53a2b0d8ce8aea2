import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Command, type Ending, ROOT, Sandbox } from './support/process.js';

const BUILD: Command = ['npm', 'run', '-s', 'build'];
const COMMAND: Command = ['npm', 'run', '-s', 'marigram', '--', 'key', 'list'];

const sandbox = new Sandbox();
/** A clone with the real scripts, and a few lines of source that compile at once. */
let clone: string;

beforeAll(async () => {
  clone = sandbox.directory();
  const write = (name: string, text: string): void => {
    mkdirSync(join(clone, name, '..'), { recursive: true });
    writeFileSync(join(clone, name), text);
  };
  for (const name of ['package.json', 'nest-cli.json', 'scripts', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(ROOT, name), join(clone, name), { recursive: true });
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.cjs.json'])
    cpSync(join(ROOT, 'sdk', name), join(clone, 'sdk', name));
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  write('sdk/src/index.ts', 'export const SDK = 1;\n');
  write('migrations/index.ts', 'export const MIGRATIONS = [];\n');
  write('src/cli/main.ts', 'console.log(process.argv.slice(2).join(" "));\n');
  expect(await run(BUILD)).toMatchObject({ code: 0, stdout: '' });
});
afterAll(() => sandbox.dispose());

beforeEach(() => {
  touch(new Date(Date.now() - 3_600_000));
});

function run(command: Command, env: Record<string, string> = {}, uid?: number): Promise<Ending> {
  const as = uid === undefined ? {} : { uid, gid: uid };
  return sandbox.run(command, { HOME: clone, npm_config_cache: join(clone, '.npm'), ...env }, { cwd: clone, ...as });
}

/** Dates the sources, as an editor or `git pull` does. */
function touch(time = new Date(Date.now() + 3_600_000)): void {
  for (const name of ['sdk/src/index.ts', 'src/cli/main.ts']) utimesSync(join(clone, name), time, time);
}

/** All directories of builds, finished or not. */
const outputs = (): string[] =>
  ['.', 'sdk'].flatMap((directory) =>
    readdirSync(join(clone, directory))
      .filter((name) => name.startsWith('dist'))
      .map((name) => join(directory, name)),
  );

const works = { code: 0, stdout: 'key list\n' };

test('what npm run build has built is not built again', async () => {
  expect(await run(COMMAND)).toEqual({ ...works, stderr: '' });
});

test('a change is built before a command that needs it', async () => {
  touch();
  expect(await run(COMMAND)).toEqual({
    ...works,
    stderr: expect.stringMatching(/^Building the SDK.*\nBuilding the server.*\n$/),
  });
});

test('a build that fails keeps the old one', async () => {
  const wrong = join(clone, 'src/wrong.ts');
  writeFileSync(wrong, 'const text: string = 1;\n');
  try {
    expect(await run(BUILD)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('TS2322') });
  } finally {
    rmSync(wrong);
  }
  expect(await run(COMMAND, { NODE_ENV: 'production' })).toMatchObject(works);
  expect(outputs()).toEqual(['dist', 'sdk/dist']);
  await run(BUILD);
});

test('builds at once do not collide, and clear away what a killed one left behind', async () => {
  mkdirSync(join(clone, 'dist-new-999999999', 'src'), { recursive: true });
  const endings = await Promise.all([run(BUILD), run(BUILD)]);
  for (const ending of endings) expect(ending, ending.stderr).toMatchObject({ code: 0 });
  expect(outputs()).toEqual(['dist', 'sdk/dist']);
  for (const name of ['dist/src/cli/main.js', 'sdk/dist/esm/index.js', 'sdk/dist/cjs/package.json'])
    expect(existsSync(join(clone, name)), name).toBe(true);
  expect(await run(COMMAND)).toEqual({ ...works, stderr: '' });
});

describe('in production', () => {
  const production = { NODE_ENV: 'production' };

  test('a change is not built: the build that is there runs, and the admin is told', async () => {
    touch();
    const ending = await run(COMMAND, production);
    expect(ending).toMatchObject(works);
    expect(ending.stderr).toContain('the server has changed since it was built');
    expect(ending.stderr).toContain('npm run build');
  });

  test('nothing runs where nothing was built', async () => {
    for (const name of outputs()) rmSync(join(clone, name), { recursive: true });
    const ending = await run(COMMAND, production);
    expect(ending).toMatchObject({ code: 1, stdout: '' });
    expect(ending.stderr).toMatch(/^marigram: the SDK is not built, .*NODE_ENV is production.*\nRun `npm run build`/);
    expect(outputs()).toEqual([]);
    await run(BUILD);
  });

  test.runIf(process.getuid?.() === 0)('a user who may not write there runs what is there', async () => {
    const NOBODY = 65_534;
    mkdirSync(join(clone, '.npm'), { recursive: true });
    chmodSync(join(clone, '.npm'), 0o777);
    expect(await run(COMMAND, {}, NOBODY)).toEqual({ ...works, stderr: '' });
    touch();
    const ending = await run(COMMAND, {}, NOBODY);
    expect(ending).toMatchObject(works);
    expect(ending.stderr).toContain('this user may not write there');
  });
});
