import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crc32c } from '../../src/session/archive/crc32c.js';
import { decodePoints, encodePoints, timesOf, valuesOf } from '../../src/session/archive/points-payload.js';
import { readProgress, saveProgress } from '../../src/session/archive/progress.js';
import { SpoolReader } from '../../src/session/archive/spool-reader.js';
import { SpoolWriter } from '../../src/session/archive/spool-writer.js';
import { type StreamInfo } from '../../src/session/index.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'marigram-spool-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const damages: string[] = [];
const reader = (file = 1, offset = 0): SpoolReader =>
  new SpoolReader(dir, { file, offset }, (message) => damages.push(message));

async function texts(from = reader()): Promise<string[]> {
  const found: string[] = [];
  for (let record = await from.next(); record; record = await from.next()) found.push(record.payload.toString());
  await from.close();
  return found;
}

async function write(...payloads: (string | Buffer)[]): Promise<void> {
  const writer = await SpoolWriter.continue(dir, 'never');
  for (const payload of payloads) await writer.append('patch', Buffer.from(payload));
  await writer.close();
}

const FIRST = '000001.spool';

test('CRC-32C is that of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

describe('the records of a spool', () => {
  test('are read in their order, from any of their ends, while others are written', async () => {
    const writer = await SpoolWriter.create(dir, 'interval');
    const reading = reader();
    expect(await reading.next()).toBeUndefined();
    await writer.append('session', Buffer.from('a'));
    await writer.append('stream', Buffer.from('b'));
    const [a, b] = [await reading.next(), await reading.next()];
    expect([a, b]).toMatchObject([
      { kind: 'session', end: { file: 1, offset: 10 }, bytes: 10 },
      { kind: 'stream', end: { file: 1, offset: 20 }, bytes: 10 },
    ]);
    expect(await reading.next()).toBeUndefined();
    await writer.append('close', Buffer.from('c'));
    expect(await texts(reading)).toEqual(['c']);
    expect(await texts(reader(1, 10))).toEqual(['b', 'c']);
    await writer.close();
  });

  test('go on in the next file when one is long enough', async () => {
    const long = Buffer.alloc(5_000_000, 'x');
    await write(long, long, 'end');
    expect(readdirSync(dir)).toEqual([FIRST, '000002.spool']);
    expect((await texts()).map(({ length }) => length)).toEqual([5_000_000, 5_000_000, 3]);
  });

  test('are without the last one where that is torn', async () => {
    await write('first', 'second');
    const whole = readFileSync(join(dir, FIRST));
    for (let length = whole.length - 1; length > whole.length - 15; length--) {
      truncateSync(join(dir, FIRST), length);
      expect(await texts()).toEqual(['first']);
    }
    appendFileSync(join(dir, FIRST), Buffer.alloc(100));
    expect(await texts()).toEqual(['first']);
    expect(damages).toEqual([]);
  });

  test('are those before a damage, and of later files; the damage is told', async () => {
    await write('first', 'second');
    await write('third');
    const bytes = readFileSync(join(dir, FIRST));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(join(dir, FIRST), bytes);
    expect(await texts()).toEqual(['first', 'third']);
    expect(damages.splice(0)).toEqual([`${join(dir, FIRST)} is damaged: from byte 14 on it is left out`]);
  });

  test('of an earlier run are not mixed with those of a new one', async () => {
    await write('first');
    await expect(SpoolWriter.create(dir, 'never')).rejects.toThrow(`${dir} holds records of an earlier run`);
  });
});

describe('how far a spool is sent', () => {
  test('is what was saved', async () => {
    await write('first');
    const progress = { position: { file: 1, offset: 9 }, rows: 5, refused: 1, refusedStreams: new Set(['a']) };
    await saveProgress(dir, progress);
    expect(await readProgress(dir)).toEqual(progress);
  });

  test('is its first file where that was not saved, or not wholly, or deleted since', async () => {
    await write('first');
    const begin = { position: { file: 1, offset: 0 }, rows: 0, refused: 0, refusedStreams: new Set() };
    expect(await readProgress(dir)).toEqual(begin);
    writeFileSync(join(dir, 'position.json'), '{"position":{"fi');
    expect(await readProgress(dir)).toEqual(begin);
    await saveProgress(dir, { ...begin, rows: 7, refusedStreams: new Set() });
    await write('second');
    rmSync(join(dir, FIRST));
    expect(await readProgress(dir)).toMatchObject({ position: { file: 2, offset: 0 }, rows: 7 });
    expect(existsSync(join(dir, 'position.json.new'))).toBe(false);
  });
});

test('points are the same in a spool, to the bit', () => {
  const stream = { id: 'a@b' } as StreamInfo;
  const ts = Float64Array.of(-1, 0, 1_574_164_720_249_248, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
  const numbers = Float64Array.of(0.1, -0, 5e-324, 1e300, 30021);
  const points = decodePoints(encodePoints(['metrics', stream, { row: 7, ts, value: numbers }], 1, 5));
  expect(points).toMatchObject({ stream: 'a@b', row: 8, rows: 4, are: 'numbers' });
  expect(timesOf(points)).toEqual([...ts.subarray(1)]);
  expect(valuesOf(points)).toEqual([...numbers.subarray(1)]);
  const value = ['200', '', 'ünï💥', 'a\tb', 'x'];
  const events = decodePoints(encodePoints(['events', stream, { row: 0, ts, value }], 0, 5));
  expect(events).toMatchObject({ row: 0, rows: 5, are: 'texts' });
  expect(valuesOf(events)).toEqual(value);
  expect(events.ts.readBigInt64LE(8 * 4)).toBe(BigInt(Number.MIN_SAFE_INTEGER));
});
