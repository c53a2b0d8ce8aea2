import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from '../support/archive.js';
import { postPoint, putPoints, register } from '../support/builders.js';

let archive: TestArchive;
let uri: string;
beforeAll(async () => {
  archive = await startArchive();
  uri = await register(archive, 'throughput', 'packet-loss-rate', 'pscheduler-raw', 'failures');
  await putPoints(archive, uri, 'throughput', [
    { ts: 2.25, val: -4 },
    { ts: 1, val: 9.4e9 },
    { ts: 3, val: 0 },
  ]).expect(201);
  await postPoint(archive, uri, 'packet-loss-rate', { ts: 1, val: { numerator: 1, denominator: 4 } }).expect(201);
  const documents = [
    '{"a":"x,y","b":[1.0,null]}',
    'null',
    '12345678901234567890',
    '"a\\nb \\"c\\" é"',
    'true',
    '-1.50',
  ];
  for (const [ts, document] of documents.entries())
    await postPoint(archive, uri, 'pscheduler-raw', `{"ts":${ts},"val":${document}}`).expect(201);
});
afterAll(() => archive.close());

/** Each way to ask for a format: a query and the `Accept` header. */
const CSV = [
  ['format=csv', undefined],
  ['', 'text/csv'],
  ['', 'text/csv; charset=utf-8'],
  ['', 'application/json;q=0.5, text/csv'],
  ['format=csv', 'application/json'],
] as const;
const NDJSON = [
  ['format=ndjson', undefined],
  ['', 'application/x-ndjson'],
  ['format=ndjson', 'text/csv'],
] as const;
const JSON_WAYS = [
  ['', undefined],
  ['', '*/*'],
  ['', 'application/json'],
  ['', 'text/html,application/xhtml+xml,*/*;q=0.8'],
  ['', ''],
  ['format=json', 'text/csv'],
  ['format=json', 'application/x-ndjson'],
] as const;

async function read(path: string, query: string, accept?: string) {
  const request = archive.http.get(`${uri}${path}?${query}`);
  if (accept !== undefined) void request.set('accept', accept);
  const { text, headers } = await request.expect(200);
  return { text, type: String(headers['content-type']), link: headers.link };
}

describe('§6.2 CSV, NDJSON and JSON', () => {
  test.each(CSV)('§6.2 ?%s with Accept %s is CSV', async (query, accept) => {
    const { text, type } = await read('throughput/base', query, accept);
    expect(type).toMatch(/^text\/csv/);
    expect(text.split(/\r?\n/)).toEqual(['ts,val', '1,9400000000', '2.25,-4', '3,0', '']);
  });

  test.each(NDJSON)('§6.2 ?%s with Accept %s is NDJSON', async (query, accept) => {
    const { text, type } = await read('throughput/base', query, accept);
    expect(type).toMatch(/^application\/x-ndjson/);
    expect(text).toBe('{"ts":1,"val":9400000000}\n{"ts":2.25,"val":-4}\n{"ts":3,"val":0}\n');
  });

  test.each(JSON_WAYS)('§6.2 ?%s with Accept %s is JSON', async (query, accept) => {
    const { text, type } = await read('throughput/base', query, accept);
    expect(type).toBe('application/json');
    expect(text).toBe('[{"ts":1,"val":9400000000},{"ts":2.25,"val":-4},{"ts":3,"val":0}]');
  });

  test('§6.2 in CSV, what is no number is its JSON text in quotes', async () => {
    const { text } = await read('pscheduler-raw/base', 'format=csv');
    expect(text.split(/\r?\n/)).toEqual([
      'ts,val',
      '0,"{""a"":""x,y"",""b"":[1.0,null]}"',
      '1,"null"',
      '2,12345678901234567890',
      '3,"""a\\nb \\""c\\"" é"""',
      '4,"true"',
      '5,-1.50',
      '',
    ]);
    expect((await read('packet-loss-rate/base', 'format=csv')).text.split(/\r?\n/)).toEqual(['ts,val', '1,0.25', '']);
  });

  test('§6.2 in NDJSON, documents keep their text', async () => {
    const { text } = await read('pscheduler-raw/base', 'format=ndjson&limit=1');
    expect(text).toBe('{"ts":0,"val":{"a":"x,y","b":[1.0,null]}}\n');
  });

  test.each([
    ['csv', /^ts,val\r?\n$/],
    ['ndjson', /^$/],
    ['json', /^\[\]$/],
  ])('§6.2 no points as %s', async (format, expected) => {
    expect((await read('failures/base', `format=${format}`)).text).toMatch(expected);
    expect((await read('throughput/base/300', `format=${format}`)).text).toMatch(expected);
    expect((await read('failures/base', `format=${format}&limit=20000`)).text).toMatch(expected);
  });

  test.each(['csv', 'ndjson'])('§6.2 %s takes the same parameters, and has the same Link', async (format) => {
    const { text, link } = await read('throughput/base', `format=${format}&order=desc&limit=1&time-end=2`);
    expect(text).toMatch(/2\.25.*-4/);
    expect(text).not.toMatch(/9400000000/);
    expect(link).toMatch(new RegExp(`\\?format=${format}&limit=1&offset=1&order=desc&time-end=2>; rel="next"$`));
  });

  test.each(['csv', 'ndjson'])('§6.2 %s has the default limit', async (format) => {
    const own = await register(archive, 'throughput');
    const points = Array.from({ length: 1600 }, (_, ts) => ({ ts, val: ts }));
    await putPoints(archive, own, 'throughput', points).expect(201);
    const lines = async (query: string): Promise<number> => {
      const { text } = await archive.http.get(`${own}throughput/base?format=${format}${query}`).expect(200);
      return text.split(/\r?\n/).filter((line) => /^\d|^\{/.test(line)).length;
    };
    expect(await lines('')).toBe(1500);
    expect(await lines('&limit=20000')).toBe(1600);
  });

  test.each([
    ['text/csv', 'time=abc', 400],
    ['application/x-ndjson', 'format=xml', 404],
  ])('§1.3 a refusal of a read with Accept %s is JSON', async (accept, query, status) => {
    const { headers, body } = await archive.http
      .get(`${uri}throughput/base?${query}`)
      .set('accept', accept)
      .expect(status);
    expect(headers['content-type']).toBe('application/json');
    expect(body.error).toBe(body.detail);
  });
});
