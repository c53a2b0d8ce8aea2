import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './support/process.js';

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version?: string; resolved?: string; link?: boolean }>;
};

test('there is one Fastify, for Nest and for us, of at least version 5.12', () => {
  const copies = Object.keys(packages).filter((path) => /(^|\/)node_modules\/fastify$/.test(path));
  expect(copies).toEqual(['node_modules/fastify']);

  const ours = createRequire(join(ROOT, 'package.json'));
  const nests = createRequire(ours.resolve('@nestjs/platform-fastify'));
  expect(nests.resolve('fastify')).toBe(ours.resolve('fastify'));

  // Older ones halve the rate of writes under Nest.
  const { version } = ours('fastify/package.json') as { version: string };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  expect(version).toBe(packages['node_modules/fastify']?.version);
  expect(major === 5 && minor >= 12, `fastify ${version}`).toBe(true);
});

test('the lockfile names no registry, so that each machine installs from its own', () => {
  // A workspace is a link to its directory.
  const named = Object.values(packages).filter(({ resolved, link }) => resolved !== undefined && !link);
  expect(named).toEqual([]);
});
