// Compiles the SDK into sdk/dist: ES modules, CommonJS, and the types of both.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sdk = fileURLToPath(new URL('../sdk', import.meta.url));
const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));

rmSync(join(sdk, 'dist'), { recursive: true, force: true });
for (const project of ['tsconfig.json', 'tsconfig.cjs.json']) {
  // What the compiler says goes to stderr: stdout belongs to the command that is run after the build.
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { cwd: sdk, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
// Above it is the package's own file, which says that all are ES modules.
writeFileSync(join(sdk, 'dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
