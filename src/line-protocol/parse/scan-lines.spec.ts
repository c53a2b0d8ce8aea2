import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atOnce } from '../../common/turns.js';
import { type Head, parseHead } from './head.js';
import { scanLines } from './scan-lines.js';
import { type Precision } from './time-reader.js';

/** A line as it was read: measurement, tags, fields, micros and nanoseconds. */
type Line = [string, Record<string, string>, Record<string, unknown>, number, number];

function scan(text: string | Buffer, precision: Precision = 'ns'): { lines: Line[]; count: number; text: string } {
  // Not at the beginning of its memory, as bodies are not.
  const body = Buffer.concat([Buffer.from('x'), Buffer.from(text)]).subarray(1);
  const { lines, refused } = atOnce(scanLines(body, precision, parseHead));
  const told = lines.heads.map(({ measurement, tags }, index): Line => {
    const fields = new Map<string, unknown>();
    for (let at = lines.ends[index - 1] ?? 0; at < lines.ends[index]!; at++) {
      const value = lines.values[at]!;
      fields.set(lines.fields[at]!, lines.types[at] === 'string' ? lines.texts[value] : [lines.types[at], value]);
    }
    return [
      measurement,
      Object.fromEntries(tags),
      Object.fromEntries(fields),
      lines.micros[index]!,
      lines.nanos[index]!,
    ];
  });
  expect(lines.ends.at(-1) ?? 0).toBe(lines.values.length);
  expect(lines.types.filter((type) => type === 'string')).toHaveLength(lines.texts.length);
  return { lines: told, count: refused.count, text: refused.text };
}

function fieldsOf(line: string): unknown {
  const { lines, text } = scan(line);
  return lines[0]?.[2] ?? text;
}

describe('lines that are refused, with the reasons that InfluxDB 1.6 gives', () => {
  test.each([
    [',t=a v=1', 'missing measurement'],
    ['m,=a v=1', 'missing tag key'],
    ['m, v=1', 'missing tag key'],
    ['m,t=a, v=1', 'missing tag key'],
    ['m,t=a,=b v=1', 'missing tag key'],
    ['m,t v=1', 'missing tag value'],
    ['m,t= v=1', 'missing tag value'],
    ['m,t=,u=b v=1', 'missing tag value'],
    ['m,t=a=b v=1', 'invalid tag format'],
    ['m,a=1,b=2,a=1 v=1', 'duplicate tags'],
    ['bad', 'missing fields'],
    ['m,t=a', 'missing fields'],
    [String.raw`m\ v=1`, 'missing fields'],
    [String.raw`m\\ v=1`, 'missing fields'],
    ['m\tv=1', 'missing fields'],
    ['bad line here', 'invalid field format'],
    ['m v', 'invalid field format'],
    ['m v=1,', 'invalid field format'],
    ['m v=1,w', 'invalid field format'],
    ['m v=1,,w=2', 'invalid field format'],
    ['m v =1', 'invalid field format'],
    ['m "v w"=1', 'invalid field format'],
    [String.raw`m v\=1`, 'invalid field format'],
    ['m =1', 'missing field key'],
    ['m v=1,=2', 'missing field key'],
    ['m v=', 'missing field value'],
    ['m v= 1', 'missing field value'],
    ['m v=,w=1', 'missing field value'],
    ['m v=1.2.3', 'invalid number'],
    ['m v=-', 'invalid number'],
    ['m v=1.5i', 'invalid number'],
    ['m v=1e3i', 'invalid number'],
    ['m v=1ii', 'invalid number'],
    ['m v=-i', 'invalid number'],
    ['m v=NaN', 'invalid number'],
    ['m v=0x1F', 'invalid number'],
    ['m v=1=2', 'invalid number'],
    ['m v=1e5x', 'invalid number'],
    ['m v=-1u', 'invalid number'],
    ['m v=1\t5', 'invalid number'],
    ['m v=1e400', 'invalid float'],
    ['m v=1e', 'invalid float'],
    ['m v=-e1', 'invalid float'],
    ['m v=1.5e+', 'invalid float'],
    ['m v=1e5e', 'invalid float'],
    ['m v=tru', 'invalid boolean'],
    ['m v=TRUe', 'invalid boolean'],
    ['m v=Inf', 'invalid boolean'],
    ['m v=abc', 'invalid boolean'],
    ['m v=a"b"', 'invalid boolean'],
    ['m "v=w"=1', 'invalid boolean'],
    ['m v="abc', 'unbalanced quotes'],
    [String.raw`m v="abc\"`, 'unbalanced quotes'],
    ['m v=9223372036854775808i', 'unable to parse integer 9223372036854775808: value out of range'],
    ['m v=-9223372036854775809i', 'unable to parse integer -9223372036854775809: value out of range'],
    ['m v=1 abc', 'bad timestamp'],
    ['m v=1 12abc', 'bad timestamp'],
    ['m v=1 1.5', 'bad timestamp'],
    ['m v=1 +5', 'bad timestamp'],
    ['m v=1 -', 'bad timestamp'],
    ['m v="a" "b"', 'bad timestamp'],
    ['m v=1 1 2', 'point is invalid'],
    ['m v=1 9223372036854775807', 'time outside range -9223372036854775806 - 9223372036854775806'],
    ['m v=1 -9223372036854775808', 'time outside range -9223372036854775806 - 9223372036854775806'],
    ['m v=1 99999999999999999999', 'time outside range -9223372036854775806 - 9223372036854775806'],
    ['m v="a"b', 'invalid field format'],
    ['m v="a\0"', 'invalid character'],
    [`m,t=${'x'.repeat(4097)} v=1`, 'max key size exceeded: 4097 > 4096'],
    [`${'x'.repeat(1025)} v=1`, 'max key size exceeded: 1025 > 1024'],
    [`m ${'x'.repeat(1025)}=1`, 'max key size exceeded: 1025 > 1024'],
    [`m,${'x'.repeat(1025)}=a v=1`, 'max key size exceeded: 1025 > 1024'],
    [`m${`,t=${'x'.repeat(4094)}`.repeat(16)} v=1`, 'max key size exceeded: 65553 > 65536'],
    [`m v="${'x'.repeat(65_537)}"`, 'max string size exceeded: 65537 > 65536'],
    [`m v=${'1'.repeat(1001)}`, 'invalid number'],
  ])('%.40j', (line, reason) => {
    const { lines, count, text } = scan(`m a="x",b=2 7\n${line}`);
    expect(lines).toEqual([['m', {}, { a: 'x', b: ['float', 2] }, 0, 7]]);
    expect(count).toBe(1);
    expect(text).toBe(`unable to parse '${line.slice(0, 200)}': ${reason}`);
  });

  test('a line of invalid UTF-8 alone', () => {
    const body = Buffer.concat([Buffer.from('m v="'), Buffer.from([0xff]), Buffer.from('" 1\nm,t=é v="ü" 2')]);
    const { lines, text } = scan(body);
    expect(lines).toEqual([['m', { t: 'é' }, { v: 'ü' }, 0, 2]]);
    expect(text).toBe(`unable to parse 'm v="\ufffd" 1': invalid character`);
  });

  test('the first 100 are named, all are counted, and long ones are cut', () => {
    const { lines, count, text } = scan(`${'é'.repeat(300)}\n`.repeat(250) + 'm v=1 1');
    expect(count).toBe(250);
    expect(lines).toHaveLength(1);
    expect(text.split('\n')).toEqual(Array(100).fill(`unable to parse '${'é'.repeat(200)}': missing fields`));
  });

  test.each([
    ['by the next line feed', 'bad "\nm v=1 1', 1, 1],
    ['by it behind a backslash, too', 'm,t=a\\\nm v=1 1', 1, 1],
    ['not by one in a text', 'm v=x,s="a\nm v=1 1\n",w=2 2\nm v=2 3', 1, 1],
    ['not by one in a text that never ends', 'm s="a\nm v=1 1', 0, 1],
    ['by it where a quote is in the head', 'm,t=",u v=1\nm v=1 1', 1, 1],
    ['by it where a quote is in the key of a field', 'm v\\="x\nm v=1 1', 1, 1],
  ])('a refused line is ended %s', (_, text, good, bad) => {
    const { lines, count } = scan(text);
    expect([lines.length, count]).toEqual([good, bad]);
  });
});

describe('lines that are taken', () => {
  const one: [string, number] = ['float', 1];
  test.each<[string, Line[]]>([
    [
      String.raw`m\ x,a\,b=c\=d f\ g="a\"b\\c",h=1e-3 1`,
      [['m x', { 'a,b': 'c=d' }, { 'f g': String.raw`a"b\c`, h: ['float', 0.001] }, 0, 1]],
    ],
    [
      String.raw`m1\=x,a\=b=c\\d v"w=1,v\\w=1,"q"=1 5`,
      [['m1=x', { 'a=b': String.raw`c\\d` }, { 'v"w': one, [String.raw`v\\w`]: one, '"q"': one }, 0, 5]],
    ],
    ['m=x,"t"==b v=1 0', [['m=x', { '"t"': '=b' }, { v: one }, 0, 0]]],
    ['m,b=2,a=1 v=1 0', [['m', { a: '1', b: '2' }, { v: one }, 0, 0]]],
    ['  \tm   v=1 \t 5  ', [['m', {}, { v: one }, 0, 5]]],
    [
      'm v="a\nb" 7\r\n\r\n#c "\n # d\nm v="",w="," 8\r',
      [
        ['m', {}, { v: 'a\nb' }, 0, 7],
        ['m', {}, { v: '', w: ',' }, 0, 8],
      ],
    ],
    ['m v=1\r\nm v=1', Array<Line>(2).fill(['m', {}, { v: one }, NaN, 0])],
    ['m v=2,v=1 0', [['m', {}, { v: one }, 0, 0]]],
    ['', []],
    ['\n \n\r\n#', []],
  ])('%j', (text, lines) => {
    expect(scan(text)).toEqual({ lines, count: 0, text: '' });
  });

  test('two points in one microsecond', () => {
    const { lines } = scan(
      'http_req_duration,scenario=default,status=200 value=20 1700000001000000500\n' +
        'http_req_duration,scenario=default,status=200 value=30 1700000001000000900',
    );
    const tags = { scenario: 'default', status: '200' };
    expect(lines).toEqual([
      ['http_req_duration', tags, { value: ['float', 20] }, 1_700_000_001_000_000, 500],
      ['http_req_duration', tags, { value: ['float', 30] }, 1_700_000_001_000_000, 900],
    ]);
  });

  test.each<[string, unknown]>([
    ...['1', '1.0', '1.', '+1', '001', '1e0', '10E-1', '+1e+0'].map((text): [string, unknown] => [text, one]),
    ['-.5', ['float', -0.5]],
    ['-0', ['float', -0]],
    ['1e-400', ['float', 0]],
    ['0.1234567890123456789', ['float', 0.123_456_789_012_345_68]],
    ...['4i', '4u', '+4i', '004i'].map((text): [string, unknown] => [text, ['integer', 4]]),
    ['-0i', ['integer', 0]],
    ['9007199254740993i', ['integer', 9_007_199_254_740_992]],
    ['9223372036854775807i', ['integer', 2 ** 63]],
    ['-9223372036854775808i', ['integer', -(2 ** 63)]],
    ...['t', 'T', 'true', 'True', 'TRUE'].map((text): [string, unknown] => [text, ['boolean', 1]]),
    ...['f', 'F', 'false', 'False', 'FALSE'].map((text): [string, unknown] => [text, ['boolean', 0]]),
    [String.raw`"a\"b\\c\d\n"`, String.raw`a"b\c\d\n`],
    ['"=, \'"', "=, '"],
  ])('value %s', (literal, value) => {
    expect(fieldsOf(`m v=${literal}`)).toEqual({ v: value });
    expect(fieldsOf(`m u=1,v=${literal},w=t 5`)).toEqual({ u: one, v: value, w: ['boolean', 1] });
  });

  test.each<[Precision, string, number, number]>([
    ['ns', '1', 0, 1],
    ['ns', '-1', -1, 999],
    ['ns', '-1000', -1, 0],
    ['n', '-0', 0, 0],
    ['ns', '0000000000000000000000001001', 1, 1],
    ['ns', '1700000000123456789', 1_700_000_000_123_456, 789],
    ['ns', '-1700000000123456789', -1_700_000_000_123_457, 211],
    ['ns', '9223372036854775806', 9_223_372_036_854_776, 806],
    ['ns', '-9223372036854775806', -9_223_372_036_854_776, 194],
    ['us', '-5', -5, 0],
    ['u', '1700000000123456', 1_700_000_000_123_456, 0],
    ['ms', '1700000000123', 1_700_000_000_123_000, 0],
    ['s', '9223372036', 9_223_372_036_000_000, 0],
    ['m', '2', 120_000_000, 0],
    ['h', '-1', -3_600_000_000, 0],
  ])('time in %s: %s', (precision, time, micros, nanos) => {
    expect(scan(`m v=1 ${time}`, precision).lines).toEqual([['m', {}, { v: one }, micros, nanos]]);
  });

  test.each<[Precision, string]>([
    ['us', '9223372036854776'],
    ['s', '9223372037'],
    ['h', '100000000000000000'],
    ['ns', '9'.repeat(10_000)],
  ])('no time in %s is beyond the bounds: %.20s', (precision, time) => {
    expect(scan(`m v=1 ${time}`, precision).text).toContain("': time outside range ");
  });

  test('names and texts come back as they were', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => /^[^\0\r\n\t\\#]+$/.test(text));
    const tagsOf = fc.dictionary(name, name, { minKeys: 1, noNullPrototype: true });
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const fieldsWith = fc.dictionary(name, text, { minKeys: 1, noNullPrototype: true });
    const escape = (value: string): string => value.replace(/[,= ]/g, '\\$&');
    const quote = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
    const pairs = (of: Record<string, string>, write: (value: string) => string): string =>
      Object.entries(of)
        .map(([key, value]) => `${escape(key)}=${write(value)}`)
        .join(',');
    fc.assert(
      fc.property(name, tagsOf, fieldsWith, (measurement, tags, fields) => {
        const line = `${escape(measurement)},${pairs(tags, escape)} ${pairs(fields, quote)} 5`;
        expect(scan(`${line}\n${line}`).lines).toEqual(Array(2).fill([measurement, tags, fields, 0, 5]));
      }),
    );
  });
});

test('a head that is known is not read again, and is the same object for all of its lines', () => {
  const cpu: Head = { measurement: 'cpu', tags: [] };
  const asked: string[] = [];
  const readHead = (text: string): Head | string => {
    asked.push(text);
    return text === 'cpu' ? cpu : parseHead(text);
  };
  const body = Buffer.from('cpu v=1\nm,t=é v=1\ncpu v=2\nm,t=é v=2');
  const { lines } = atOnce(scanLines(body, 'ns', readHead));
  expect(asked).toEqual(['cpu', 'm,t=Ã©']);
  const [, other] = lines.heads;
  expect(lines.heads.map((head) => [cpu, other].indexOf(head))).toEqual([0, 1, 0, 1]);
  expect(other).toEqual({ measurement: 'm', tags: [['t', 'é']] });
});

test('a long body is read in steps', () => {
  const body = Buffer.from('m v=1\n'.repeat(50_000));
  const steps = scanLines(body, 'ns', parseHead);
  let count = 0;
  while (!steps.next().done) count++;
  expect(count).toBe(4);
});
