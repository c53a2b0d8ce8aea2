import { expect, test } from 'vitest';
import { commandLine } from './command-line.js';

const npm = { npm_package_name: 'marigram', PATH: '/usr/bin' };

test.each([
  ['npm start in a clone', { ...npm, npm_lifecycle_event: 'start' }, '/app/dist/src/main.js', 'npm run -s marigram --'],
  ['npx', { npm_command: 'exec', npm_lifecycle_event: 'npx' }, '/x/node_modules/.bin/marigram', 'npx marigram'],
  ['an installation on the PATH', { PATH: '/bin:/usr/local/bin' }, '/usr/local/bin/marigram', 'marigram'],
  [
    'an installation in a folder',
    { PATH: '/bin' },
    '/srv/node_modules/.bin/marigram',
    '/srv/node_modules/.bin/marigram',
  ],
  ['node itself', { PATH: '/bin' }, '/app/dist/src/main.js', 'node src/cli/main.js'],
])('after %s the command line is called the same way', (_what, env, script, expected) => {
  expect(commandLine(env, script)).toBe(expected);
});
