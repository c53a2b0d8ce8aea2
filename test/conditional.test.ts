import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { postPoint, register } from './support/builders.js';

let archive: TestArchive;
let uri: string;
beforeAll(async () => {
  archive = await startArchive();
  uri = await register(archive, {
    'event-type': 'throughput',
    summaries: [{ 'summary-type': 'average', 'summary-window': 60 }],
  });
});
afterAll(() => archive.close());

const tagOf = async (path: string): Promise<string> => {
  const { headers } = await archive.http.get(path).expect(200);
  expect(headers.etag).toMatch(/^W\/"[\w-]{27}"$/);
  return headers.etag!;
};

describe('metadata carry an ETag', () => {
  const paths: [string, () => string][] = [
    ['a search', () => `${ARCHIVE}?source=192.0.2.1&limit=1`],
    ['one metadata', () => uri],
    ['an event type', () => `${uri}throughput/`],
    ['the summaries of a type', () => `${uri}throughput/averages/`],
  ];

  test.each(paths)(
    '%s is 304 where nothing has changed, without a body, with the headers of GET',
    async (_what, path) => {
      const tag = await tagOf(path());
      for (const list of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
        const { status, text, headers } = await archive.http.get(path()).set('if-none-match', list);
        expect({ status, text }).toEqual({ status: 304, text: '' });
        expect(headers).toMatchObject({
          etag: tag,
          vary: 'Accept, accept-encoding',
          'access-control-allow-origin': '*',
        });
        expect(headers['content-type']).toBeUndefined();
        // It would have to be the length of the document (RFC 9110, 8.6), and caches would keep a wrong one.
        expect(headers['content-length']).toBeUndefined();
      }
      const head = await archive.http.head(path()).expect(200);
      expect(head.headers.etag).toBe(tag);
      await archive.http.head(path()).set('if-none-match', tag).expect(304);
    },
  );

  test('another tag is answered in full, and a write changes the tag', async () => {
    const tag = await tagOf(uri);
    const { body } = await archive.http.get(uri).set('if-none-match', '"other"').expect(200);
    expect(body.uri).toBe(uri);
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
    expect(await tagOf(uri)).not.toBe(tag);
    await archive.http.get(uri).set('if-none-match', tag).expect(200);
  });

  test('points, writes and refusals have none', async () => {
    for (const path of [`${uri}throughput/base`, `${uri}throughput/averages/60`, `${ARCHIVE}${'0'.repeat(32)}/`]) {
      const { headers } = await archive.http.get(path).set('if-none-match', '*');
      expect(headers.etag).toBeUndefined();
    }
    const { headers, status } = await postPoint(archive, uri, 'throughput', { ts: 2, val: 2 }).set(
      'if-none-match',
      '*',
    );
    expect({ status, etag: headers.etag }).toEqual({ status: 201, etag: undefined });
  });
});
