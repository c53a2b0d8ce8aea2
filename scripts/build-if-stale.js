// Builds the SDK into sdk/dist/ and the server into dist/, unless they are newer than everything they are built from;
// says nothing on stdout. With the argument `sdk` that is all it builds: the types of the server need no more.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is built, in this order: from what, by which program, and the file that tells when. */
const builds = [
  {
    what: 'the SDK',
    sources: ['sdk/src', 'sdk/package.json', 'sdk/tsconfig.json', 'sdk/tsconfig.cjs.json'],
    program: [fileURLToPath(new URL('build-sdk.js', import.meta.url))],
    target: 'sdk/dist',
  },
  {
    what: 'the server',
    sources: ['src', 'migrations', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
    program: [fileURLToPath(import.meta.resolve('typescript/bin/tsc')), '-p', 'tsconfig.build.json'],
    target: 'dist',
  },
];

/** The time of the youngest file under a path; a directory counts too, so that deleting a file is noticed. */
function youngest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => youngest(join(path, name))));
}

const wanted = process.argv[2] === 'sdk' ? builds.slice(0, 1) : builds;

for (const { what, sources, program, target } of wanted) {
  const stamp = join(root, target, '.built');
  const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((path) => youngest(join(root, path)) <= built)) continue;
  console.error(`Building ${what}, which takes some seconds …`);
  rmSync(join(root, target), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, '');
}
