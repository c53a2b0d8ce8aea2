import { afterAll, beforeAll, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { expectDocumented } from './support/openapi.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ READ_ACCESS: 'key', PATH_PREFIX: '/elsewhere' });
});
afterAll(() => archive.close());

test('a browser gets a page with name, version and links, that may load nothing from elsewhere', async () => {
  const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
  const answer = await archive.http.get('/').set('accept', accept).expect(200);
  expectDocumented('getWelcome', answer);
  expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'x-frame-options': 'DENY' });
  expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; /);
  expect(answer.text).toMatch(/<h1>Marigram \d+\.\d+\.\d+/);
  const links = [...answer.text.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!);
  expect(links).toEqual(['/elsewhere/perfsonar/archive/', '/docs', '/openapi.json']);
  const authorization = await archive.issueKey('read');
  for (const link of links) await archive.http.get(link).set('authorization', authorization).redirects(1).expect(200);
});

test.each(['', '*/*', 'application/json'])('programs get the same as JSON: Accept "%s"', async (accept) => {
  const answer = await archive.http.get('/').set('accept', accept).expect(200);
  expectDocumented('getWelcome', answer);
  expect(answer.body).toMatchObject({ name: 'Marigram', archive: '/elsewhere/perfsonar/archive/', docs: '/docs' });
});
