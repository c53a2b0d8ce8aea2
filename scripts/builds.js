// What is built from what: the SDK in sdk/dist (ES modules, CommonJS, and the types of both), and the server in dist.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const TSC = 'typescript/bin/tsc';
const NEST = '@nestjs/cli/bin/nest.js';
const COMPILERS = [TSC, NEST];

/** All builds, in their order. `compile` writes into an empty directory and returns whether it succeeded. */
export const builds = [
  {
    what: 'the SDK',
    sources: ['sdk/src', 'sdk/package.json', 'sdk/tsconfig.json', 'sdk/tsconfig.cjs.json'],
    target: join(root, 'sdk/dist'),
    compile(directory) {
      const [esm, cjs] = [join(directory, 'esm'), join(directory, 'cjs')];
      if (!tsc('sdk/tsconfig.json', esm) || !tsc('sdk/tsconfig.cjs.json', cjs)) return false;
      // Above it is the package's own file, which says that all are ES modules.
      writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
      return true;
    },
  },
  {
    what: 'the server',
    sources: ['src', 'migrations', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'],
    target: join(root, 'dist'),
    compile: nestBuild,
  },
];

/** Whether there is a finished build. */
export function isBuilt({ target }) {
  return existsSync(stampOf(target));
}

/** Whether a source has changed since the build began, or there is no build. */
export function isStale({ sources, target }) {
  const built = statSync(stampOf(target), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.some((path) => lastChange(join(root, path)) > built);
}

/** Whether this user may replace a build. */
export function isWritable({ target }) {
  try {
    accessSync(dirname(target), constants.W_OK);
    if (existsSync(target)) accessSync(target, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether the compilers are installed; they are not after `npm ci --omit=dev`. */
export function hasCompilers() {
  return COMPILERS.every((module) => pathOf(module) !== undefined);
}

function pathOf(module) {
  try {
    return fileURLToPath(import.meta.resolve(module));
  } catch {
    return undefined;
  }
}

/**
 * Builds beside the target and then puts the result in its place, so that whoever runs the old build keeps whole files,
 * and builds that run at once do not mix. The last one to finish counts. Ends this process where compiling fails; the
 * old build stays then.
 */
export function build({ what, target, compile }) {
  if (!hasCompilers()) {
    console.error('marigram: the compiler is not installed: run `npm ci --include=dev` first.');
    process.exit(1);
  }
  console.error(`Building ${what}, which takes some seconds …`);
  removeAbandoned(target);
  const [fresh, old] = ['new', 'old'].map((age) => `${target}-${age}-${process.pid}`);
  mkdirSync(fresh);
  const began = new Date();
  if (!compile(fresh)) {
    rmSync(fresh, { recursive: true });
    process.exit(1);
  }
  writeFileSync(stampOf(fresh), '');
  // What is edited while the compiler runs is newer than the build.
  utimesSync(stampOf(fresh), began, began);
  while (!replace(target, fresh, old));
}

/** Puts `fresh` in the place of `target`; false where another build got there in between. */
function replace(target, fresh, old) {
  try {
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
    return true;
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    return false;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

/** Removes what builds have left behind that were killed. */
function removeAbandoned(target) {
  for (const name of readdirSync(dirname(target))) {
    const [, pid] = new RegExp(`^${basename(target)}-(?:new|old)-(\\d+)$`).exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function stampOf(directory) {
  return join(directory, '.built');
}

/** The time of the last change below a path; a directory counts too, so that deleting a file is noticed. */
function lastChange(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => lastChange(join(path, name))));
}

/** Compiles a project of the SDK into a directory; returns whether that succeeded. */
function tsc(project, outDir) {
  return runs(TSC, '-p', project, '--outDir', outDir);
}

/** Compiles the server into a directory with the Nest CLI, which takes the directory from a tsconfig only. */
function nestBuild(outDir) {
  const project = join(outDir, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ extends: '../tsconfig.build.json', compilerOptions: { outDir: '.' } }));
  const hasSucceeded = runs(NEST, 'build', '--path', relative(root, project));
  rmSync(project);
  return hasSucceeded;
}

/** Runs a compiler. It writes to stderr: stdout belongs to the command that is run after the build. */
function runs(compiler, ...args) {
  return spawnSync(process.execPath, [pathOf(compiler), ...args], { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
}
