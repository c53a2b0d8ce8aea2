import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BlockMeasurer,
  DatabaseWriter,
  DataLogger,
  type DataLoggerOptions,
  Field,
  FieldMap,
  JsonFileWriter,
  type LoggerBatch,
  LoggerError,
  LoggerWriteError,
  Measurement,
  Tag,
  TagMap,
} from '../src/logger/index.js';
import { failureOf } from './support/client.js';

interface Entry {
  readonly measurement: string;
  readonly fields: Record<string, unknown>;
  readonly tags: Record<string, string>;
  readonly time: string;
}

const duration = new Field('duration');
const identifier = new Tag('identifier');
const hostname = new Tag('hostname');
const timeTaken = new Measurement('time-taken', duration, identifier);

const directories = mkdtempSync(join(tmpdir(), 'marigram-logger-'));
afterAll(() => {
  rmSync(directories, { recursive: true });
});

let path: string;
let eventPath: string;
let file: JsonFileWriter;
beforeEach(() => {
  const directory = mkdtempSync(join(directories, 'test-'));
  [path, eventPath] = [join(directory, 'data.json'), join(directory, 'events.json')];
  file = new JsonFileWriter({ path, events: eventPath });
});

function read<T = Entry>(from = path): T[] {
  return JSON.parse(readFileSync(from, 'utf8')) as T[];
}

function loggerOf(options: Omit<DataLoggerOptions, 'writers'> = {}, ...writers: DatabaseWriter[]): DataLogger {
  return new DataLogger({ writers: writers.length > 0 ? writers : [file], ...options });
}

function block(logger: DataLogger, tag: string, eventTag?: string): void {
  const options = eventTag === undefined ? {} : { eventTags: TagMap.build(hostname, eventTag) };
  using _ = logger.measureBlock(timeTaken, duration, TagMap.build(identifier, tag), options);
}

/** Keeps what it gets in memory. */
class MemoryWriter extends DatabaseWriter {
  readonly tags: unknown[] = [];
  readonly batches: string[] = [];

  /** @param failures thrown by the next writes, before they write anything. */
  constructor(private readonly failures: Error[] = []) {
    super();
  }

  override writeData(batch: LoggerBatch): void {
    this.batches.push(batch.id);
    const failure = this.failures.shift();
    if (failure) throw failure;
    for (const { tags } of batch.dataset) this.tags.push(tags.identifier);
  }
}

describe('as influxdb-datalogger does', () => {
  test('1 field_map', () => {
    const map = FieldMap.build(duration, 2);
    expect([map.has(duration), map.get(new Field('duration')), [...map]]).toEqual([true, 2, [['duration', 2]]]);
  });

  test('2 field_map_fail', () => {
    const tag = new Tag('duration') as unknown as Field;
    expect(() => FieldMap.build(tag, 2)).toThrow(
      new TypeError('a FieldMap has values of Fields, not of the Tag "duration"'),
    );
  });

  test('3 tags_map', () => {
    const map = TagMap.build(identifier, 'testing');
    expect([map.has(identifier), map.get(identifier)]).toEqual([true, 'testing']);
  });

  test('4 tags_map_fail', () => {
    const field = new Field('duration') as unknown as Tag;
    expect(() => TagMap.build(field, 2)).toThrow(
      new TypeError('a TagMap has values of Tags, not of the Field "duration"'),
    );
  });

  test('5 block_measure', () => {
    const logger = loggerOf();
    block(logger, 'test');
    const [entry, ...others] = logger.dataset;
    expect(others).toEqual([]);
    expect(entry!.measurement).toBe(timeTaken);
    expect(entry!.fields.duration).toBeGreaterThanOrEqual(0);
  });

  test('6 write_data', async () => {
    const logger = loggerOf();
    block(logger, 'test');
    expect(existsSync(path)).toBe(false);
    const writers = [{ name: 'JsonFileWriter', written: 1, problems: [] }];
    expect(await logger.writeData()).toEqual({ entries: 1, events: 0, writers });
    expect(read()).toHaveLength(1);
    expect(logger.dataset).toEqual([]);
  });

  test('7 measure_wrapper', async () => {
    const logger = loggerOf();
    const texts: string[] = [];
    const options = {
      ...{ measurement: timeTaken, field: duration, tags: { identifier: 'test' } },
      ...{ logger: { info: (text: string) => texts.push(text) }, logStart: 'go', logEnd: 'done' },
    };
    const run = (text: string): string => {
      texts.push('run');
      return `${text}!`;
    };
    expect(logger.measure(run, { ...options, args: ['x'] })).toBe('x!');
    expect(texts).toEqual(['go', 'run', 'done']);
    expect(await logger.measure((text: string) => Promise.resolve(run(text)), { ...options, args: ['y'] })).toBe('y!');
    expect(texts).toEqual(['go', 'run', 'done', 'go', 'run', 'done']);
    expect(logger.dataset).toHaveLength(2);
  });

  test('8 post_processing', async () => {
    const logger = loggerOf();
    logger.addPostProcessing([timeTaken], (same, entries) => {
      expect([...entries.keys()]).toEqual([timeTaken]);
      same.log(timeTaken, FieldMap.build(duration, 1700000000.5), TagMap.build(identifier, 'post'));
    });
    block(logger, 'test');
    await logger.writeData();
    const entries = read();
    expect(entries.map(({ measurement }) => measurement)).toEqual(['time-taken', 'time-taken']);
    expect(entries[1]!.fields).toEqual({ duration: 1700000000.5 });
  });

  test('9 continuous_write', async () => {
    const logger = loggerOf({ continuousWrite: true });
    block(logger, 'first');
    block(logger, 'second');
    await logger.flush();
    expect(read().map(({ tags }) => tags.identifier)).toEqual(['first', 'second']);
    expect(logger.dataset).toEqual([]);
    await logger.close();
  });

  test('10 events', async () => {
    const logger = loggerOf({}, file, new MemoryWriter());
    block(logger, 'a', 'web1');
    block(logger, 'b', 'web1');
    block(logger, 'c');
    expect(existsSync(eventPath)).toBe(false);
    await logger.writeData();
    const events = read<{ time: number; timeEnd: number; tags: string[]; text: string }>(eventPath);
    expect(events.map(({ text, tags }) => [text, tags])).toEqual([
      ['time-taken', ['hostname:web1']],
      ['time-taken', ['hostname:web1']],
    ]);
    for (const { time, timeEnd } of events) expect(timeEnd).toBeGreaterThanOrEqual(time);
  });

  test.each(['11 events_continuous_write', '12 events_continuous_write_measure'])('%s', async (name) => {
    const logger = loggerOf({ continuousWrite: true });
    const run = (eventTags: Record<string, string>): void => {
      if (name.startsWith('11')) block(logger, 'a', eventTags.hostname);
      else logger.measure(() => 1, { measurement: timeTaken, field: duration, tags: { identifier: 'a' }, eventTags });
    };
    for (const [tags, expected] of [
      [{ hostname: 'x' }, 1],
      [{ hostname: 'y' }, 2],
      [{}, 2],
    ] as const) {
      run(tags);
      await logger.flush();
      expect(read(eventPath)).toHaveLength(expected);
    }
    await logger.close();
  });

  test('13 default_tags', async () => {
    const host = new Tag('hostname', { func: (name: string) => `${name}1`, args: ['web'] });
    const logger = loggerOf();
    const measurement = new Measurement('time-taken', duration, host);
    {
      using _ = logger.measureBlock(measurement, duration);
    }
    await logger.writeData();
    expect(read()[0]!.tags).toEqual({ hostname: 'web1' });
  });

  test('14 default_fields', async () => {
    const host = new Field('hostname', { func: () => 'web1' });
    const logger = loggerOf();
    logger.measure(() => 1, { measurement: new Measurement('time-taken', duration, host), field: duration });
    await logger.writeData();
    expect(read()[0]!.fields.hostname).toBe('web1');
  });

  test('15 tag_map_copy, 16 field_map_copy', () => {
    const tags = TagMap.build(identifier, 'a');
    const copy = tags.copy().add(new Tag('time'), 5);
    expect([copy instanceof TagMap, copy.get(new Tag('time')), tags.has(new Tag('time'))]).toEqual([true, 5, false]);
    const fields = FieldMap.build(duration, 1);
    const other = fields.copy().add(new Field('time'), 5);
    expect([other instanceof FieldMap, fields.has(new Field('time'))]).toEqual([true, false]);
  });

  test('17 block_measurement_with_logging', () => {
    const logger = loggerOf();
    const texts: string[] = [];
    const info = (text: string): void => void texts.push(text);
    {
      const options = { logger: { info }, logStart: 'Starting', logEnd: 'Done' };
      using _ = logger.measureBlock(timeTaken, duration, { identifier: 'a' }, options);
      texts.push('work');
    }
    expect(texts).toEqual(['Starting', 'work', 'Done']);
    {
      using _ = new BlockMeasurer(logger, timeTaken, duration, { identifier: 'b' }, { logger: { info } });
    }
    expect(texts.slice(3)).toEqual(['time-taken: started', expect.stringMatching(/^time-taken: took [\d.]+ s$/)]);
    expect(logger.dataset.map(({ tags }) => tags.identifier)).toEqual(['a', 'b']);
  });

  test('18 last_data_entry, 19 last_event', () => {
    const logger = loggerOf();
    block(logger, 'test_1', 'event-1');
    block(logger, 'test_2', 'event-2');
    expect(logger.lastDataEntry).toMatchObject({
      tags: { identifier: 'test_2' },
      fields: { duration: expect.any(Number) },
    });
    expect(logger.lastEvent?.tags).toEqual({ hostname: 'event-2' });
    expect(logger.events).toHaveLength(2);
  });

  test('20 descriptions', () => {
    const field = new Field('f', { desc: 'of f', unit: 's' });
    const tag = new Tag('t', { desc: 'of t' });
    const measurement = new Measurement('m', field, tag, { desc: 'of m', optionalTags: [hostname] });
    expect([field.desc, field.unit, tag.desc, measurement.desc]).toEqual(['of f', 's', 'of t', 'of m']);
    expect([field, tag, measurement].map(String)).toEqual(['f', 't', 'm']);
  });

  test('21 time_override', () => {
    const logger = loggerOf();
    const now = new Date();
    logger.log(timeTaken, { duration: 1 }, { identifier: 'a' }, { time: now });
    logger.log(timeTaken, { duration: 1 }, { identifier: 'a' });
    const [first, second] = logger.dataset;
    expect(first!.time).toBe(now.toISOString().replace('Z', '000Z'));
    expect(second!.time).not.toBe(first!.time);
    expect(Date.parse(second!.time)).toBeGreaterThanOrEqual(now.getTime());
  });
});

describe('beyond it', () => {
  test('(a) a writer that fails once gets all, and the others nothing twice', async () => {
    const failing = new MemoryWriter([new Error('disk full')]);
    const logger = loggerOf({}, file, failing);
    block(logger, 'a');
    const error = (await failureOf(logger.writeData())) as LoggerWriteError;
    expect(error).toBeInstanceOf(LoggerWriteError);
    expect(error.message).toBe('not all writers have all: MemoryWriter: disk full');
    expect(error.report.writers.map(({ written }) => written)).toEqual([1, 0]);
    expect(logger.dataset).toHaveLength(1);
    block(logger, 'b');
    await logger.writeData();
    expect(read().map(({ tags }) => tags.identifier)).toEqual(['a', 'b']);
    expect(failing.tags).toEqual(['a', 'b']);
    // What failed comes again as the same batch, and what is new in another one.
    const [first, again, next] = failing.batches;
    expect(again).toBe(first);
    expect(next).not.toBe(first);
    expect(logger.dataset).toEqual([]);
  });

  test('a part that a writer acknowledged does not come again', async () => {
    class Half extends DatabaseWriter {
      readonly got: unknown[][] = [];
      override writeData(batch: LoggerBatch): void {
        this.got.push(batch.dataset.map(({ tags }) => tags.identifier));
        batch.report('a word about it');
        if (this.got.length > 1) return;
        batch.acknowledge(batch.dataset.slice(0, 1));
        throw new Error('only half');
      }
    }
    const half = new Half();
    const logger = loggerOf({}, half);
    for (const tag of ['a', 'b']) block(logger, tag);
    const { report } = (await failureOf(logger.writeData())) as LoggerWriteError;
    expect(report.writers).toEqual([
      { name: 'Half', written: 1, problems: ['a word about it'], error: new Error('only half') },
    ]);
    await logger.writeData();
    expect(half.got).toEqual([['a', 'b'], ['b']]);
  });

  test('(b) a block that throws is logged, and its error goes on; one that is cancelled is not', () => {
    const logger = loggerOf();
    const fail = (): void => {
      using _ = logger.measureBlock(timeTaken, duration, { identifier: 'a' });
      throw new Error('in the block');
    };
    expect(fail).toThrow('in the block');
    logger.measureBlock(timeTaken, duration, { identifier: 'b' }).cancel();
    expect(logger.dataset.map(({ tags }) => tags.identifier)).toEqual(['a']);
  });

  test('a function that throws is logged only if asked for', async () => {
    const logger = loggerOf();
    const options = { measurement: timeTaken, field: duration };
    const fail = (): never => {
      throw new Error('in the function');
    };
    expect(() => logger.measure(fail, { ...options, tags: { identifier: 'a' } })).toThrow('in the function');
    expect(() => logger.measure(fail, { ...options, tags: { identifier: 'b' }, onError: 'log' })).toThrow(
      'in the function',
    );
    const later = (): Promise<never> => Promise.reject(new Error('later'));
    await expect(logger.measure(later, { ...options, tags: { identifier: 'c' }, onError: 'log' })).rejects.toThrow(
      'later',
    );
    expect(logger.dataset.map(({ tags }) => tags.identifier)).toEqual(['b', 'c']);
  });

  test('(c) no two records have the same microsecond', () => {
    const logger = loggerOf();
    for (let index = 0; index < 1000; index++) logger.log(timeTaken, { duration: index }, { identifier: 'a' });
    const times = logger.dataset.map(({ time }) => time);
    expect(new Set(times).size).toBe(1000);
    expect(times).toEqual(times.toSorted());
  });

  test('(d) post-processing with continuous writes ends', async () => {
    const logger = loggerOf({ continuousWrite: true });
    let calls = 0;
    logger.addPostProcessing([timeTaken], (same, entries) => {
      calls++;
      for (const entry of entries.get(timeTaken) ?? [])
        same.log(timeTaken, { duration: -1 }, { identifier: `${entry.tags.identifier}'` });
    });
    block(logger, 'a');
    await expect.poll(() => (existsSync(path) ? read().length : 0)).toBe(2);
    await logger.close();
    expect(read().map(({ tags }) => tags.identifier)).toEqual(['a', "a'"]);
    expect(calls).toBe(1);
  });

  test('a post-processor that is asynchronous is an error', async () => {
    const logger = loggerOf();
    logger.addPostProcessing([timeTaken], () => Promise.resolve() as unknown as undefined);
    block(logger, 'a');
    expect(await failureOf(logger.writeData())).toEqual(new LoggerError('a post-processor must not be asynchronous'));
    expect(logger.dataset).toHaveLength(1);
  });

  test('(e) what lacks values is named, nothing is written, and the rest is without it', async () => {
    const logger = loggerOf();
    block(logger, 'a');
    const bad = logger.log(timeTaken, {}, {}, { time: '2026-11-27T12:00:00.000123Z' });
    const sentence =
      'time-taken of 2026-11-27T12:00:00.000123Z: the field "duration" and the tag "identifier" are missing';
    expect(await failureOf(logger.writeData())).toEqual(new LoggerError(sentence));
    expect([existsSync(path), logger.dataset.length]).toEqual([false, 2]);
    expect([logger.discard(bad), logger.discard(bad)]).toEqual([true, false]);
    await logger.writeData();
    expect(read().map(({ tags }) => tags.identifier)).toEqual(['a']);
  });

  test('a continuous write that fails is told of and tried again', async () => {
    const errors: string[] = [];
    const writer = new MemoryWriter([new Error('one'), new Error('two')]);
    const logger = loggerOf({ continuousWrite: true, onError: ({ message }) => errors.push(message) }, writer);
    block(logger, 'a');
    await expect.poll(() => writer.tags, { timeout: 10_000 }).toEqual(['a']);
    expect(errors).toEqual([
      'not all writers have all: MemoryWriter: one',
      'not all writers have all: MemoryWriter: two',
    ]);
    await logger.close();
  });

  test('closing writes what is there, closes the writers, and ends the logger', async () => {
    let closed = 0;
    class Closing extends MemoryWriter {
      override close(): void {
        closed++;
      }
    }
    const writer = new Closing();
    {
      await using logger = loggerOf({}, writer);
      block(logger, 'a');
    }
    expect([writer.tags, closed]).toEqual([['a'], 1]);
    const logger = loggerOf();
    await logger.close();
    expect(() => logger.log(timeTaken)).toThrow('this logger is closed');
  });

  test('lines are appended to files of the other format', async () => {
    const logger = loggerOf({}, new JsonFileWriter({ path, format: 'ndjson' }));
    for (const tag of ['a', 'b']) {
      logger.log(timeTaken, { duration: 1n }, { identifier: tag }, { time: 1_700_000_000_000_001 });
      await logger.writeData();
    }
    const line = (tag: string): string =>
      `{"measurement":"time-taken","fields":{"duration":1},"tags":{"identifier":"${tag}"},"time":"2023-11-14T22:13:20.000001Z"}\n`;
    expect(readFileSync(path, 'utf8')).toBe(line('a') + line('b'));
  });

  test('an event is an annotation in whole milliseconds', () => {
    const logger = loggerOf();
    const event = logger.logEvent(timeTaken, 1700000000.1239, 1700000001.9999, { hostname: 'web1' });
    expect(JSON.stringify(event)).toBe(
      '{"time":1700000000123,"timeEnd":1700000001999,"tags":["hostname:web1"],"text":"time-taken"}',
    );
    expect([event.start, event.stop]).toEqual([1700000000.1239, 1700000001.9999]);
  });
});

describe('what can not be logged', () => {
  const strict = new Measurement(
    'm',
    new Field('i', { type: 'integer' }),
    new Field('s', { type: 'string' }),
    identifier,
  );
  const cases: [string, (logger: DataLogger) => unknown, Error][] = [
    [
      'an undeclared field',
      (l) => l.log(timeTaken, { other: 1 }),
      new LoggerError('time-taken: there is no field "other"'),
    ],
    ['an undeclared tag', (l) => l.log(timeTaken, {}, { x: 1 }), new LoggerError('time-taken: there is no tag "x"')],
    ...[NaN, Infinity, {} as number].map((value): (typeof cases)[number] => [
      `the value ${String(value)}`,
      (l) => l.log(timeTaken, { duration: value }),
      new LoggerError(
        `time-taken: the field "duration" must be a finite number, a bigint, a text or a boolean, got ${String(value)}`,
      ),
    ]),
    [
      'a fraction',
      (l) => l.log(strict, { i: 1.5 }),
      new LoggerError('m: the field "i" must be of type integer, got 1.5'),
    ],
    [
      'a number as text',
      (l) => l.log(strict, { s: 1 }),
      new LoggerError('m: the field "s" must be of type string, got 1'),
    ],
    [
      'a tag that is an object',
      (l) => l.log(strict, {}, { identifier: {} as string }),
      new LoggerError('m: the tag "identifier" must be a text, a number or a boolean, got object'),
    ],
    [
      'a time that is none',
      (l) => l.log(timeTaken, {}, {}, { time: 'now' }),
      new LoggerError('time: expected a Date, integer microseconds or an ISO 8601 text, got now'),
    ],
    [
      'an event that stops before it starts',
      (l) => l.logEvent(timeTaken, 2, 1),
      new LoggerError("time-taken: an event can't stop before it starts"),
    ],
    [
      'texts without a logger',
      (l) => l.measureBlock(timeTaken, duration, {}, { logStart: 'go' }),
      new TypeError('logStart and logEnd need a logger that takes them'),
    ],
    ['an empty name', () => new Field(''), new TypeError('a name must be a text that is not empty')],
    [
      'a field "time"',
      () => new Measurement('m', new Field('time')),
      new TypeError('m: no field can be called "time"'),
    ],
    ['a tag "time"', () => new Measurement('m', new Tag('time')), new TypeError('m: no tag can be called "time"')],
    [
      'a tag twice',
      () => new Measurement('m', identifier, { optionalTags: [identifier] }),
      new TypeError('m: the tag "identifier" is declared twice'),
    ],
    [
      'another part',
      () => new Measurement('m', 'duration' as unknown as Field),
      new TypeError('m: expected fields and tags, got string'),
    ],
  ];
  test.each(cases)('%s', (_, log, error) => {
    const logger = loggerOf();
    expect(() => log(logger)).toThrow(error);
    expect(logger.dataset).toEqual([]);
  });

  test('more than may wait', () => {
    const logger = loggerOf({ maxEntries: 1 });
    block(logger, 'a');
    expect(() => {
      block(logger, 'b');
    }).toThrow('1 entries wait for writers: no more are taken (maxEntries)');
  });
});

afterEach(() => {
  expect(existsSync(`${path}.new`)).toBe(false);
});
