import { basename, delimiter, dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/**
 * How to call the command line from the directory in which this process was started, by the same way as it was: through
 * npm in a clone, `npx marigram`, an installed `marigram`, or node with the path of the program. `script` is the file
 * that node was called with.
 */
export function commandLine(env: Readonly<NodeJS.ProcessEnv>, script = process.argv[1] ?? ''): string {
  if (env.npm_command === 'exec') return 'npx marigram';
  if (env.npm_lifecycle_event !== undefined && env.npm_package_name === 'marigram') return 'npm run -s marigram --';
  if (basename(script) === 'marigram')
    return (env.PATH ?? '').split(delimiter).includes(dirname(script)) ? 'marigram' : pathOf(script);
  return `node ${pathOf(CLI)}`;
}

/** A path as one would type it here: relative where it lies below this directory. */
function pathOf(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
