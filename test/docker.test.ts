import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../src/config/config.js';
import { type Command, freePort, lines, postgresOf, ROOT, Sandbox, until } from './support/process.js';

// There may be no Docker where the tests run: what the files say is read, and what they run is run without it.
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** An instruction of a Dockerfile. */
interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions of each stage, its FROM first. */
const stages: Instruction[][] = [];
const joined = read('docker/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '');
for (const line of lines(joined)) {
  const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line)!;
  if (name === 'FROM') stages.push([]);
  stages.at(-1)!.push({ name, rest });
}
const final = stages.at(-1)!;

const last = (name: string): string => final.findLast((instruction) => instruction.name === name)!.rest;
const environment: Record<string, string> = Object.fromEntries(
  final
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ rest }) => rest.split(' '))
    .map((pair) => pair.split('=', 2)),
);
const command = JSON.parse(last('CMD')) as [string, ...string[]];
const healthcheck = JSON.parse(/CMD (\[.*\])$/.exec(last('HEALTHCHECK'))![1]!) as [string, ...string[]];

/** The names of all environment variables that the configuration reads. */
function knownVariables(): Set<string> {
  const names = new Set<string>();
  loadConfig(
    new Proxy<Record<string, string>>({}, { get: (_, name) => (names.add(String(name)), undefined) as never }),
  );
  return names;
}

/** What a COPY takes, and where to. */
function copies(stage: readonly Instruction[]): { from: string | undefined; sources: string[]; target: string }[] {
  return stage
    .filter(({ name }) => name === 'COPY')
    .map(({ rest }) => {
      const words = rest.split(' ');
      const from = words[0]!.startsWith('--from=') ? words.shift()!.slice('--from='.length) : undefined;
      return { from, sources: words.slice(0, -1), target: words.at(-1)! };
    });
}

describe('the Dockerfile', () => {
  test('builds in one stage and runs in another, on the oldest version of Node that the package takes', () => {
    expect(stages).toHaveLength(2);
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const [, major] = /^>=(\d+)\./.exec(engines.node)!;
    for (const [from] of stages) expect(from!.rest).toMatch(new RegExp(`^node:${major}-slim( AS build)?$`));
  });

  test('copies only files that exist and that .dockerignore lets through', () => {
    const rules = lines(read('.dockerignore')).filter((line) => !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    const sources = stages.flatMap((stage) => copies(stage).filter(({ from }) => from === undefined));
    const names = [...new Set(sources.flatMap((copy) => copy.sources))].sort();
    expect(rules.filter((rule) => rule.startsWith('!')).sort()).toEqual(names.map((name) => `!${name}`));
    for (const name of names) expect(existsSync(join(ROOT, name)), name).toBe(true);
  });

  test('installs from the lockfile, and no development dependencies into the image that runs', () => {
    const installs = stages.map((stage) => stage.filter(({ rest }) => /^npm (ci|i|install)\b/.test(rest)));
    expect(installs.map((stage) => stage.length)).toEqual([1, 1]);
    expect(installs[0]![0]!.rest).toBe('npm ci');
    expect(installs[1]![0]!.rest).toMatch(/^npm ci --omit=dev( |$)/);
  });

  test('runs as an ordinary user, who owns the volume with the data', () => {
    const user = last('USER');
    expect(user).not.toMatch(/^(root|0)\b/);
    expect(last('VOLUME')).toBe(environment.DATA_DIR);
    const owned = new RegExp(`--owner=${user} .* ${environment.DATA_DIR}$`);
    expect(final.filter(({ name }) => name === 'RUN').some(({ rest }) => owned.test(rest))).toBe(true);
    const order = final.map(({ name }) => name);
    expect(order.lastIndexOf('RUN')).toBeLessThan(order.indexOf('USER'));
  });

  test('sets only variables that the archive knows, to values that it takes', () => {
    expect([...knownVariables()]).toEqual(expect.arrayContaining(Object.keys(environment)));
    const config = loadConfig(environment);
    expect(config.host).toBe('0.0.0.0');
    expect(last('EXPOSE')).toBe(String(config.port));
  });
});

describe('what the image runs', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  /** The working directory as the final stage has it. */
  function workingDirectory(): string {
    const directory = join(sandbox.directory(), 'app');
    for (const { sources, target } of copies(final))
      for (const source of sources) {
        const name = source.replace(/^\/app\//, '');
        cpSync(join(ROOT, name), join(directory, target, target === './' ? name : ''), { recursive: true });
      }
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
    for (const [path, { dev }] of Object.entries(packages)) {
      // Packages inside others come with them.
      if (dev || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || !existsSync(join(ROOT, path))) continue;
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      symlinkSync(join(ROOT, path), join(directory, path));
    }
    return directory;
  }

  test('listens, is healthy while its database answers, and stops on SIGTERM', async () => {
    const cwd = workingDirectory();
    const dataDir = sandbox.directory();
    const env = { ...environment, DATA_DIR: dataDir, PORT: await freePort() };
    const isHealthy = async (): Promise<boolean> => {
      const { code, stderr } = await sandbox.run(healthcheck, env);
      expect(stderr).toBe('');
      return code === 0;
    };
    expect(await isHealthy()).toBe(false);
    const server = await sandbox.start(env, command, { cwd });
    expect(await isHealthy()).toBe(true);

    const file = join(dataDir, 'postgres', 'postgresql.conf');
    renameSync(file, `${file}.away`);
    process.kill(postgresOf(dataDir)!.pid, 'SIGKILL');
    await until(async () => !(await isHealthy()));
    renameSync(`${file}.away`, file);
    await until(isHealthy);

    expect(await server.stop()).toMatchObject({ code: 0 });
    expect(await isHealthy()).toBe(false);
  });

  test('the command in the comments of compose.yml issues a key', async () => {
    const [, line = ''] = /exec archive (.*)$/m.exec(read('docker/compose.yml'))!;
    const issue = line.replace('USER', 'pS_user').split(' ') as unknown as Command;
    const env = { ...environment, DATA_DIR: sandbox.directory() };
    const { code, stdout } = await sandbox.run(issue, env, { cwd: workingDirectory() });
    expect(code).toBe(0);
    expect(lines(stdout).at(-1)).toMatch(/^Key: [0-9a-f]{40}$/);
  });
});

describe('compose.yml', () => {
  const text = read('docker/compose.yml');

  /** The lines below `key:` at this depth, without their indentation. */
  function section(of: string, key: string, depth = 0): string {
    const indent = ' '.repeat(depth);
    const found = new RegExp(`^${indent}${key}:\n((?:${indent}  .*\n|\n)+)`, 'm').exec(of);
    expect(found, key).not.toBeNull();
    return found![1]!;
  }

  const services = section(text, 'services');
  const archive = section(services, 'archive', 2);
  const database = section(services, 'database', 2);
  const variables = (service: string): Record<string, string> =>
    Object.fromEntries(
      lines(section(service, 'environment', 4)).map((line) => {
        const [, name = '', value = ''] = /^ {6}(\w+): (.*)$/.exec(line)!;
        return [name, value.replaceAll(/\$\{POSTGRES_PASSWORD:\?[^}]*\}/g, 'secret')];
      }),
    );

  test('gives the archive only variables that it knows, with the URL of the database beside it', () => {
    const env = variables(archive);
    expect([...knownVariables()]).toEqual(expect.arrayContaining(Object.keys(env)));
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = variables(database);
    expect(loadConfig(env).databaseUrl).toBe(
      `postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@database:5432/${POSTGRES_DB}`,
    );
    expect(POSTGRES_PASSWORD).toBe('secret');
  });

  test('builds the image from this Dockerfile and publishes the port that it listens on', () => {
    expect(archive).toContain('context: ..\n');
    expect(archive).toContain('dockerfile: docker/Dockerfile\n');
    expect(section(archive, 'ports', 4).trim()).toBe(`- ${environment.PORT}:${environment.PORT}`);
  });

  test('starts the archive when TimescaleDB is healthy, restarts both, and keeps the data', () => {
    expect(section(archive, 'depends_on', 4)).toMatch(/^ {6}database:\n {8}condition: service_healthy\n/);
    expect(database).toMatch(/^ {4}image: timescale\/timescaledb:[\d.]+-pg1[5-9]$/m);
    expect(section(database, 'healthcheck', 4)).toContain('pg_isready');
    for (const service of [archive, database]) expect(service).toContain('restart: unless-stopped\n');
    const [, volume] = /- (\w+):\/var\/lib\/postgresql\/data\n/.exec(section(database, 'volumes', 4))!;
    expect(text).toMatch(new RegExp(`^volumes:\n  ${volume}:\n`, 'm'));
  });
});
