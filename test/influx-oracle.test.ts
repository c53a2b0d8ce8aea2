import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InfluxLimit } from '../bench/influx-limit.js';
import { startArchive, type TestArchive } from './support/archive.js';

// What InfluxDB 1 answers is the reference for /write: the same requests to both, where it is installed.

/** Lines that both must answer alike: what is taken, and every reason for which one is not. */
const LINES = [
  ...['', '\n\n', '#c', ' #c', 'm v=1', '  m v=1', 'm   v=1   5  ', '\tm v=1', 'm v=1 5\nm v=2 6', 'm v=1,v=2 10'],
  ...['bad', 'bad line here', ',t=a v=1', ' v=1', 'm', 'm,t=a', 'm,t=a ', 'm,=a v=1', 'm,t v=1', 'm,t= v=1', 'm, v=1'],
  ...['m,t=a,=b v=1', 'm,t=a, v=1', 'm,a=1,a=2 v=1', 'm,t=a=b v=1', 'm,t=\\ a v=1', 'm,t=a\\ v=1', 'm,t=a\\\\ v=1'],
  ...[
    'm\\,x v=1',
    'm\\ x,a\\,b=c\\=d f\\ g="a\\"b\\\\c",h=1e-3 1',
    'm=x v=1',
    '\\m v=1',
    'm,t\\==1 v=1',
    'm,"t"=a v=1',
  ],
  ...['m =1', 'm v', 'm v=', 'm v=abc', 'm v=1,', 'm v=1,,w=2', 'm v=1,=2', 'm v=1,w', 'm v =1', 'm v= 1', 'm v=1=2'],
  ...['m v=1.2.3', 'm v=1e400', 'm v=1e', 'm v=-', 'm v=1e5e', 'm v=NaN', 'm v=Inf', 'm v=.5', 'm v=5.', 'm v=-.5'],
  ...['m v=00012', 'm v=0x1F', 'm v=1E5', 'm v=1e+5', 'm v=1e-400', 'm v=-0', 'm v=1-1', 'm v=- 1', 'm v=1e3i'],
  ...['m v=1i', 'm v=-0i', 'm v=i', 'm v=1ii', 'm v=1.5i', 'm v=9223372036854775807i', 'm v=9223372036854775808i'],
  ...['m v=99999999999999999999i', 'm v=T', 'm v=t,w=f', 'm v=FALSE', 'm v=tru', 'm v=TRUe', 'm v=t true'],
  ...['m v=""', 'm v=","', 'm v="a",w="b" 3', 'm v="a b', 'm v="a\nb" 7', 'm v=a"b"', 'm v="abc'],
  ...['m v=1 abc', 'm v=1 12abc', 'm v=1 1.5', 'm v=1 1i', 'm v=1 1 2', 'm v=1 -1'],
  ...['m v=1 9223372036854775807', 'm v=1 -9223372036854775808'],
  ...['m time=1', 'm,time=a v=1', 'm v=1,time=3', 'bad\nm v=1\nm,t=a v='],
];

/** What is different on purpose: what InfluxDB answers, what the archive does, and why. */
const DIFFERENT: readonly (readonly [line: string, theirs: string, ours: string, why: string])[] = [
  ['m v=+5', '400 invalid boolean', '204', 'a plus is taken'],
  ['m v=1 5\r\nm v=2 6\r', '400 bad timestamp', '204', 'CRLF ends a line, too'],
  ['m v=4u', '400 invalid number', '204', 'unsigned integers are integers, as in later versions'],
  ['m v="a"b', '204', '400 invalid field format', 'a text has to end where its value does'],
  ['m v=1 -', '400 invalid syntax', '400 bad timestamp', 'no words of the parser behind it'],
  ['m v=1 99999999999999999999', '400 value out of range', '400 time outside range', 'a time is a time'],
  ['m v=1i 1\nm v=2 2', '400 field type conflict', '204', 'a float that is an integer is no conflict with one'],
  [
    'm v=1 1\nm v="a" 2',
    '400 "field type conflict"',
    '400 already exists as type float',
    'a conflict within a request is as clear as one with what is stored',
  ],
];

const NAME = 'oracle';

describe.skipIf(!InfluxLimit.isThere())('InfluxDB and the archive', () => {
  let archive: TestArchive;
  let influx: InfluxLimit;
  beforeAll(async () => {
    [archive, influx] = [await startArchive(), await InfluxLimit.start(NAME)];
  });
  afterAll(async () => {
    influx.stop();
    await archive.close();
  });

  let databases = 0;

  /** What both answer to a request: status and text. */
  async function ask(query: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<string[]> {
    const database = `d${++databases}`;
    const made = await fetch(`${influx.origin}/query?q=CREATE+DATABASE+${database}`, { method: 'POST' });
    expect(await made.json()).toEqual({ results: [{ statement_id: 0 }] });
    const answers: string[] = [];
    for (const [origin, auth] of [[influx.origin], [await archive.app.getUrl(), archive.auth]] as const) {
      const answer = await fetch(`${origin}/write?${query.replace('DB', database)}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'text/plain', ...(auth !== undefined && { authorization: auth }) },
        body: new Uint8Array(Buffer.from(body)),
      });
      answers.push(`${answer.status} ${sameWords(await answer.text())}`);
    }
    return answers;
  }

  test.each(LINES.map((line) => [line]))('answer the same to %j', async (line) => {
    const [theirs, ours] = await ask('db=DB', line);
    expect(ours).toBe(theirs);
  });

  test.each([
    ['db=DB&precision=h', 'm v=1 100000000000000000'],
    ['db=DB&precision=s', 'm v=1 9223372036'],
    ['db=DB&precision=s', 'm v=1 9223372037'],
    ['db=DB&precision=ms', 'm v=1 1700000000000'],
    ['rp=autogen', 'm v=1'],
    ['', 'm v=1'],
  ])('answer the same to %s with %j', async (query, line) => {
    const [theirs, ours] = await ask(query, line);
    expect(ours).toBe(theirs);
  });

  test('answer the same to gzip', async () => {
    const [theirs, ours] = await ask('db=DB', gzipSync('m v=1 5\nbad'), { 'content-encoding': 'gzip' });
    expect(ours).toBe(theirs);
  });

  test.each(DIFFERENT)('differ in %j: %s, %s, since %s', async (line, ...expected) => {
    const answers = await ask('db=DB', line);
    for (const [index, answer] of answers.entries()) {
      const [status = '', ...words] = expected[index]?.split(' ') ?? [];
      expect(answer).toMatch(new RegExp(`^${status} `));
      expect(answer).toContain(words.join(' '));
    }
  });
});

/** Without what may differ: how many lines were dropped, which InfluxDB does not count, and the words of Go. */
function sameWords(text: string): string {
  return text
    .trim()
    .replace(/ dropped=\d+/g, '')
    .replace(/: strconv[^:]*: parsing [^:]*(?=: value out of range)/g, '');
}
