import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOfStatus, ERROR_CODES, ERRORS } from '../src/common/error-codes.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { lines, ROOT } from './support/process.js';
import { exchange } from './support/raw-http.js';

describe('the registry of errors', () => {
  test('and docs/errors.md have the same codes, statuses and meanings, in the same order', () => {
    const rows = lines(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, code = '']) => /^`.+`$/.test(code))
      .map(([, code, status, meaning, action]) => ({ code, status, meaning, isExplained: action !== '' }));
    expect(rows).toEqual(
      Object.entries(ERRORS).map(([code, { status, meaning }]) => ({
        code: `\`${code}\``,
        status: String(status),
        meaning,
        isExplained: true,
      })),
    );
  });

  test('has a code for each class, the one of its name, and no code that nothing has', () => {
    const src = join(ROOT, 'src');
    const text = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('error-codes.ts'))
      .map((name) => readFileSync(join(src, name), 'utf8'))
      .join('\n');
    const declared = [
      ...text.matchAll(/class (\w+) extends \w+ \{\n +(?:override )?readonly code\b[^=\n]* = '(.+)';/g),
    ];
    const codes = declared.map(([, , code]) => code);
    expect(declared.map(([, name = '']) => name.replace(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase())).toEqual(
      codes,
    );
    expect(new Set(codes).size).toBe(codes.length);
    const ofTheServer = ERROR_CODES.filter((code) => !codes.includes(code));
    expect(ofTheServer).toEqual([
      'request-timeout',
      'uri-too-long',
      'expectation-failed',
      'headers-too-large',
      'internal-error',
    ]);
  });

  test('logs what is not the fault of a client, and nothing else, as an error', () => {
    for (const { status, level } of Object.values(ERRORS)) expect(level).toBe(status >= 500 ? 'error' : 'info');
  });

  test('has a general code for a status of which nothing else is known', () => {
    expect([400, 404, 409, 418, 500, 502, 503].map(codeOfStatus)).toEqual([
      ...['invalid', 'not-found', 'conflict', 'invalid'],
      ...['internal-error', 'internal-error', 'unavailable'],
    ]);
  });
});

describe('errors of the HTTP server itself have codes:', () => {
  let archive: TestArchive;
  beforeAll(async () => {
    archive = await startArchive({ BODY_LIMIT: '2KiB' });
  });
  afterAll(() => archive.close());

  const HOST = 'Host: archive\r\n';
  test.each([
    [404, 'not-found', 'a URL that does not exist', `GET /nothing HTTP/1.1\r\n${HOST}\r\n`],
    [405, 'method-not-allowed', 'a method', `POST /openapi.json HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`],
    [400, 'invalid', 'bytes that are no HTTP', 'hello\r\n\r\n'],
    [400, 'invalid', 'a bad escape', `GET ${ARCHIVE}%zz/ HTTP/1.1\r\n${HOST}\r\n`],
    [414, 'uri-too-long', 'an endless key', `GET ${ARCHIVE}${'a'.repeat(4000)}/ HTTP/1.1\r\n${HOST}\r\n`],
    [417, 'expectation-failed', 'an Expect', `GET ${ARCHIVE} HTTP/1.1\r\n${HOST}Expect: 418\r\n\r\n`],
    [431, 'headers-too-large', 'endless headers', `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('%i %s for %s', async (status, code, _what, request) => {
    const url = new URL(await archive.app.getUrl());
    const [answer] = await exchange(url, [Buffer.from(request)], 0, false);
    expect(answer?.status).toBe(status);
    const { detail, ...others } = JSON.parse(String(answer?.body)) as Record<string, unknown>;
    expect(others).toEqual({ error: detail, code });
  });

  test.each([
    [413, 'too-large', 'application/json', `{"a":"${'a'.repeat(3000)}"}`],
    [415, 'unsupported-media-type', 'text/plain', '{}'],
    [400, 'invalid', 'application/json', '{'],
  ])('%i %s for a body', async (status, code, type, text) => {
    const posted = archive.http.post(ARCHIVE).set('authorization', archive.auth).set('content-type', type).send(text);
    expect((await posted.expect(status)).body).toMatchObject({ code });
  });
});
