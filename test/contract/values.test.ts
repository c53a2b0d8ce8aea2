import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from '../support/archive.js';
import { postPoint, register } from '../support/builders.js';

/** An event type of each data type. */
const TYPES = {
  integer: 'throughput',
  float: 'ntp-offset',
  percentage: 'packet-loss-rate',
  histogram: 'histogram-rtt',
  json: 'pscheduler-raw',
  subinterval: 'throughput-subintervals',
} as const;

type DataType = keyof typeof TYPES;

let archive: TestArchive;
let uri: string;
let ts = 0;
beforeAll(async () => {
  archive = await startArchive();
  uri = await register(archive, ...Object.values(TYPES));
});
afterAll(() => archive.close());

/** Posts a value, given as JSON text, at a time that no other test has used; tells what is stored there then. */
async function postValue(dataType: DataType, value: string) {
  const eventType = TYPES[dataType];
  ts++;
  const { status, body } = await postPoint(archive, uri, eventType, `{"ts":${ts},"val":${value}}`);
  const { text } = await archive.http.get(`${uri}${eventType}/base?time=${ts}`).expect(200);
  const prefix = `[{"ts":${ts},"val":`;
  return {
    status,
    detail: body.detail as string,
    stored: text.startsWith(prefix) ? text.slice(prefix.length, -2) : text,
  };
}

/** Tests that each value reads back as the text given; `=` stands for the text as posted. */
function accepts(dataType: DataType, values: readonly (readonly [posted: string, read: string])[]): void {
  test.each(values)(`§5.3 ${dataType} %s is accepted, and read as %s`, async (posted, read) => {
    const expected = read === '=' ? posted : read;
    expect(await postValue(dataType, posted)).toMatchObject({ status: 201, stored: expected });
  });
}

/** Tests that each value is refused and leaves nothing behind. */
function refuses(dataType: DataType, values: readonly string[]): void {
  test.each(values)(`§5.3 ${dataType} %s is refused`, async (posted) => {
    const { status, detail, stored } = await postValue(dataType, posted);
    expect({ status, stored }).toEqual({ status: 400, stored: '[]' });
    expect(detail).toEqual(expect.stringMatching(/./));
  });
}

const NO_NUMBERS = ['null', 'true', 'false', '[]', '[1]', '{}', '{"val":1}', '"abc"', '""', '" "', '"1_000"', '"0x10"'];
const NOT_FINITE = [
  'NaN',
  'Infinity',
  '-Infinity',
  '1e400',
  '-1e400',
  '"NaN"',
  '"nan"',
  '"inf"',
  '"Infinity"',
  '"1e400"',
];
const NO_JSON = ['01', '+1', '.5', '5.', "'5'", '1,', '[1', '{"a":1,}', '{a:1}', 'undefined', '"\\x"', '"\\u0000"', ''];

describe('§5.3 integer', () => {
  accepts('integer', [
    ['5', '='],
    ['0', '='],
    ['-4', '='],
    ['9.9', '9'],
    ['-9.9', '-9'],
    ['0.9', '0'],
    ['-0.9', '0'],
    ['-0', '0'],
    ['1e3', '1000'],
    ['1.5E+3', '1500'],
    ['1e-3', '0'],
    ['9.4e9', '9400000000'],
    ['9007199254740991', '='],
    ['9007199254740993', '9007199254740992'],
    ['9223372036854775807', '9223372036854776000'],
    ['-9223372036854775808', '-9223372036854776000'],
    ['9.2e18', '9200000000000000000'],
    ['"8"', '8'],
    ['" 8 "', '8'],
    ['"-4"', '-4'],
    ['"+4"', '4'],
    ['"007"', '7'],
    ['"9223372036854775807"', '9223372036854776000'],
  ]);
  refuses('integer', [
    ...NO_NUMBERS,
    ...NOT_FINITE,
    ...['"9.9"', '"9.0"', '"1e3"', '"5 6"', '"- 4"'],
    ...['9223372036854775808', '-9223372036854775809', '"9223372036854775808"', '1e19', '-9.3e18'],
  ]);
});

describe('§5.3 float', () => {
  accepts('float', [
    ['0.003', '='],
    ['0.57', '='],
    ['-0.25', '='],
    ['5', '='],
    ['5.0', '5'],
    ['-0.0', '0'],
    ['0.00001', '='],
    ['0.1234567890123456', '='],
    ['3.141592653589793', '='],
    ['1234567.890123', '='],
    ['1e-7', '='],
    ['5e-324', '='],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ['9007199254740993', '9007199254740992'],
    ['"0.003"', '0.003'],
    ['"1e-3"', '0.001'],
    ['" 2.50 "', '2.5'],
    ['"-7"', '-7'],
    ['"+.5"', '0.5'],
    ['"5."', '5'],
  ]);
  refuses('float', [...NO_NUMBERS, ...NOT_FINITE, '"1,5"', '"1.2.3"', '"0.5s"', '"e5"', '"."']);
});

describe('§5.3 percentage', () => {
  test('both parts are read where they are asked for', async () => {
    const uri = await register(archive, 'packet-loss-rate', 'throughput');
    await postPoint(archive, uri, 'packet-loss-rate', { ts: 1, val: { numerator: '1', denominator: 600 } }).expect(201);
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 5 }).expect(201);
    const read = (path: string) => archive.http.get(`${uri}${path}`);
    const fraction = { numerator: 1, denominator: 600 };
    expect((await read('packet-loss-rate/base?percentages=fractions')).body).toEqual([{ ts: 1, val: fraction }]);
    expect((await read('packet-loss-rate/base?percentages=fractions&format=csv')).text).toBe(
      'ts,val\n1,"{""numerator"":1,""denominator"":600}"\n',
    );
    expect((await read('packet-loss-rate/base')).body).toEqual([{ ts: 1, val: 1 / 600 }]);
    expect((await read('throughput/base?percentages=fractions')).body).toEqual([{ ts: 1, val: 5 }]);
    const { body } = await read('packet-loss-rate/base?percentages=parts').expect(400);
    expect(body.detail).toContain('percentages: expected fractions');
  });

  accepts('percentage', [
    ['{"numerator":4,"denominator":100}', '0.04'],
    ['{"numerator":5,"denominator":2}', '2.5'],
    ['{"numerator":0,"denominator":1}', '0'],
    ['{"numerator":1,"denominator":3}', '0.3333333333333333'],
    ['{"numerator":"4","denominator":" 100 "}', '0.04'],
    ['{"numerator":4.9,"denominator":100.9}', '0.04'],
    ['{"denominator":4,"x":[{}],"numerator":1}', '0.25'],
    ['{"numerator":9,"denominator":4,"numerator":1}', '0.25'],
  ]);
  const parts = ['-1', '"x"', '"4.5"', '""', 'null', 'true', '[]', '{}', '9223372036854775808'];
  refuses('percentage', [
    ...['0.04', '"0.04"', 'null', 'true', '[]', '[1,2]', '{}', '{"numerator":1}', '{"denominator":1}'],
    ...parts.map((part) => `{"numerator":${part},"denominator":1}`),
    ...['0', '0.5', '"0"', ...parts].map((part) => `{"numerator":1,"denominator":${part}}`),
  ]);
});

describe('§5.3 histogram', () => {
  accepts('histogram', [
    ['{"41.00":98,"41.10":2,"41.0":1}', '='],
    ['{"10":1,"9":2,"-3.5":4}', '='],
    ['{ "1" : "20" , "2" : 2.9 , "3" : " 3 " }', '{"1":20,"2":2,"3":3}'],
    ['{}', '='],
    ['{"1":0}', '='],
    ['{"low":3,"":1," ":2,"é 日本":4,"a\\"b":5}', '='],
    ['{"__proto__":1,"constructor":2}', '='],
    ['{"1":1,"1":2}', '{"1":2}'],
    ['{"1":4503599627370496}', '='],
  ]);
  refuses('histogram', [
    ...['[]', '[1]', 'null', 'true', '5', '"41"', '""'],
    ...['-1', '"-1"', '-1e0', '"x"', '"2.5"', '""', 'null', 'true', '[]', '{}', '1e400'].map(
      (count) => `{"1":2,"2":${count}}`,
    ),
  ]);
});

describe('§5.3 json', () => {
  accepts('json', [
    ...(['null', 'true', 'false', '0', '""', '[]', '{}', '-1', '"text"'] as const).map(
      (value) => [value, '='] as const,
    ),
    ['1.0', '='],
    ['26.00', '='],
    ['-0.0', '='],
    ['1e5', '='],
    ['1E+5', '='],
    ['12345678901234567890', '='],
    ['0.1234567890123456789012345', '='],
    ['{"b":1,"a":2,"10":3,"9":4}', '='],
    ['{"a":1,"b":2,"a":3}', '='],
    ['{"__proto__":{"a":1}}', '='],
    ['"a  b\\tc"', '='],
    ['"\\u00e9é\\/\\"\\\\"', '='],
    ['"😀\\ud83d\\ude00"', '='],
    [' { "a b" : [ 1 , 2.0 ] ,\t"c\\" d" :\r\n " x \\\\" } ', '{"a b":[1,2.0],"c\\" d":" x \\\\"}'],
    [' [ ] ', '[]'],
    [`${'['.repeat(100)}${']'.repeat(100)}`, '='],
  ]);
  refuses('json', [
    ...NO_JSON,
    'NaN',
    '-Infinity',
    '1e400',
    '[1,{"a":-1e999}]',
    '{"a\\u0000":1}',
    `${'['.repeat(128)}${']'.repeat(128)}`,
  ]);
});

describe('§5.3 subinterval', () => {
  accepts('subinterval', [
    ['[{"start":0,"duration":1.0,"val":5.0}]', '='],
    ['[{"start":"0.5","duration":" 1 ","val":"fast"}]', '='],
    ['[{"val":null,"x":{"y":[]},"duration":-1,"start":1e2}]', '='],
    ['[{"start":1,"duration":9,"val":[]},{"start":0,"duration":9,"val":{}}]', '='],
    ['[ { "start" : 0 , "duration" : 1 , "val" : "a  b" } ]', '[{"start":0,"duration":1,"val":"a  b"}]'],
  ]);
  refuses('subinterval', [
    ...['[]', '""', '"x"', 'null', 'true', '5', '{}', '{"start":0,"duration":1,"val":1}'],
    ...['[5]', '[null]', '[[]]', '["x"]', '[{}]'],
    ...['"x"', '""', 'null', 'true', '[]', '{}'].flatMap((part) => [
      `[{"start":${part},"duration":1,"val":1}]`,
      `[{"start":1,"duration":${part},"val":1}]`,
    ]),
  ]);

  test.each(['start', 'duration', 'val'])('§5.3 subinterval: a missing %s is named with its position', async (name) => {
    const items = [
      { start: 0, duration: 1, val: 1 },
      Object.fromEntries(Object.entries({ start: 1, duration: 1, val: 1 }).filter(([key]) => key !== name)),
    ];
    const { status, detail } = await postValue('subinterval', JSON.stringify(items));
    expect(status).toBe(400);
    expect(detail).toMatch(new RegExp(`\\b2\\b.*\\b${name}\\b`));
  });
});
