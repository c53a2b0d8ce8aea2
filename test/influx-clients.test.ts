import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpError, InfluxDB as InfluxDB2, Point, setLogger } from '@influxdata/influxdb-client';
import { FieldType, InfluxDB, toNanoDate } from 'influx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { hasProgram, Sandbox } from './support/process.js';

// The clients that programs use, as they are published, against the routes of the line protocol.

/** Debian's package of the Python client is that of Debian's Python. */
const PYTHON = '/usr/bin/python3';

const sandbox = new Sandbox();
let archive: TestArchive;
let origin: URL;
let key: string;
beforeAll(async () => {
  // It would print every error that a test provokes.
  setLogger({ error: () => undefined, warn: () => undefined });
  archive = await startArchive();
  origin = new URL(await archive.app.getUrl());
  key = archive.auth.slice('Token '.length);
});
afterAll(async () => {
  await archive.close();
  await sandbox.dispose();
});

/** What a field has in the only metadata of a database and a measurement: times (seconds) and values. */
async function stored(database: string, measurement: string, field: string): Promise<[ts: number, value: unknown][]> {
  const { body: found } = await archive.http.get(ARCHIVE).query({ database, measurement }).expect(200);
  const [{ uri }] = found as [{ uri: string }];
  const { body } = await archive.http.get(`${uri}${field}/base`).expect(200);
  return (body as { ts: number; val: unknown }[]).map(({ ts, val }) => [ts, val]);
}

describe('influx of npm', () => {
  const connect = (password: string): InfluxDB =>
    new InfluxDB({
      ...{ host: origin.hostname, port: Number(origin.port), username: 'anybody', password, database: 'npm' },
      schema: [
        {
          measurement: 'typed',
          fields: { f: FieldType.FLOAT, i: FieldType.INTEGER, b: FieldType.BOOLEAN, s: FieldType.STRING },
          tags: ['host'],
        },
      ],
    });

  test('finds the server, creates a database and sees it', async () => {
    const client = connect(key);
    expect(await client.ping(5000)).toMatchObject([{ online: true, version: '1.8.10-marigram' }]);
    await client.createDatabase('npm');
    expect(await client.getDatabaseNames()).toContain('npm');
  });

  test('writes fields of all types, and times in all units', async () => {
    const client = connect(key);
    const fields = { f: 0.1, i: 42, b: true, s: 'a "b"\\ c' };
    const timestamp = toNanoDate('1732700000123456789');
    await client.writePoints([{ measurement: 'typed', tags: { host: 'wéb 1,a=b' }, fields, timestamp }]);
    for (const [field, value] of Object.entries(fields))
      expect(await stored('npm', 'typed', field)).toEqual([[1732700000.123456, value]]);
    await client.writePoints([{ measurement: 'ms', fields: { v: 1 }, timestamp: new Date(1732700000123) }], {
      precision: 'ms',
    });
    expect(await stored('npm', 'ms', 'v')).toEqual([[1732700000.123, 1]]);
  });

  test('is told of a type conflict, and of a wrong key', async () => {
    const client = connect(key);
    await client.writeMeasurement('conflict', [{ fields: { v: 1 }, timestamp: new Date(0) }]);
    await expect(client.writeMeasurement('conflict', [{ fields: { v: 'text' } }])).rejects.toThrow(
      /400 Bad Request.*partial write: field type conflict.*is type string, already exists as type float dropped=1/,
    );
    await expect(connect('wrong').createDatabase('npm')).rejects.toThrow('authorization failed');
  });
});

describe('@influxdata/influxdb-client', () => {
  const writerOf = (bucket: string, token = key) =>
    new InfluxDB2({ url: origin.origin, token }).getWriteApi('any', bucket, 'ms', { maxRetries: 0, batchSize: 100 });

  test('writes batches, with gzip', async () => {
    const writer = writerOf('npm2');
    const points = Array.from({ length: 250 }, (_, index) =>
      new Point('m')
        .tag('host', 'a b')
        .floatField('v', index / 8)
        .timestamp(1732700000000 + index),
    );
    writer.writePoints(points);
    await writer.flush();
    const point = new Point('typed').intField('i', 7).booleanField('b', false).stringField('s', 'ü').timestamp(5000);
    writer.writePoint(point);
    await writer.close();
    expect(await stored('npm2', 'm', 'v')).toEqual(
      points.map((_, index) => [(1732700000000 + index) / 1000, index / 8]),
    );
    expect(await stored('npm2', 'typed', 'i')).toEqual([[5, 7]]);
    expect(await stored('npm2', 'typed', 'b')).toEqual([[5, false]]);
    expect(await stored('npm2', 'typed', 's')).toEqual([[5, 'ü']]);
  });

  /** The error of a write. */
  async function failure(point: Point, token?: string): Promise<unknown> {
    const writer = writerOf('npm2', token);
    writer.writePoint(point);
    return writer.close().then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  test('is told of a type conflict, and of a wrong key', async () => {
    expect(await failure(new Point('conflict').floatField('v', 1))).toBeUndefined();
    const conflict = await failure(new Point('conflict').stringField('v', 'text'));
    expect(conflict).toBeInstanceOf(HttpError);
    expect(conflict).toMatchObject({
      ...{ statusCode: 422, code: 'unprocessable entity' },
      message: expect.stringContaining('already exists as type float dropped=1'),
    });
    const unauthorized = await failure(new Point('conflict').floatField('v', 1), 'wrong');
    expect(unauthorized).toMatchObject({ statusCode: 401, code: 'unauthorized' });
  });
});

describe.skipIf(!hasProgram('influx'))("InfluxDB's shell", () => {
  const shell = (...args: readonly string[]) => {
    const { hostname, port } = origin;
    return sandbox.run(
      ['influx', '-host', hostname, '-port', port, '-username', 'anybody', '-password', key, ...args],
      {},
    );
  };

  test('creates a database, inserts and shows', async () => {
    expect(await shell('-execute', 'CREATE DATABASE shell')).toMatchObject({ code: 0 });
    const insert = 'INSERT m,host=web1 v=1.5,s="a b" 1732700000000000000';
    expect(await shell('-database', 'shell', '-execute', insert)).toMatchObject({ code: 0 });
    expect(await stored('shell', 'm', 'v')).toEqual([[1732700000, 1.5]]);
    const { stdout } = await shell('-format', 'csv', '-execute', 'SHOW DATABASES');
    expect(stdout.split('\n')).toContain('databases,shell');
    const conflict = 'INSERT m,host=web1 v="text"';
    const { stdout: refusal } = await shell('-database', 'shell', '-execute', conflict);
    expect(refusal).toMatch(/^ERR: .*already exists as type float dropped=1/);
  });

  test('imports a file', async () => {
    const path = join(sandbox.directory(), 'points.txt');
    const points = Array.from({ length: 3 }, (_, index) => `m v=${index}i ${1732700000 + index}`);
    writeFileSync(
      path,
      ['# DDL', 'CREATE DATABASE imported', '# DML', '# CONTEXT-DATABASE: imported', ...points, ''].join('\n'),
    );
    expect(await shell('-import', '-path', path, '-precision', 's')).toMatchObject({ code: 0 });
    expect(await stored('imported', 'm', 'v')).toEqual([
      [1732700000, 0],
      [1732700001, 1],
      [1732700002, 2],
    ]);
  });
});

const hasPythonClient = hasProgram(PYTHON) && (await sandbox.run([PYTHON, '-c', 'import influxdb'], {})).code === 0;

test.skipIf(!hasPythonClient)("influxdb of Python: database, points, batches, and a conflict's error", async () => {
  const script = `
import sys
from influxdb import InfluxDBClient
from influxdb.exceptions import InfluxDBClientError
host, port, key = sys.argv[1:]
client = InfluxDBClient(host, int(port), username="anybody", password=key, database="python", gzip=True)
assert client.ping() == "1.8.10-marigram"
client.create_database("python")
assert {"name": "python"} in client.get_list_database()
points = [{"measurement": "m", "tags": {"host": "web 1"}, "time": 1732700000000 + i, "fields": {"v": i / 8, "i": i, "b": i == 0, "s": 'a "b"'}} for i in range(25)]
assert client.write_points(points, time_precision="ms", batch_size=10)
try:
    client.write_points([{"measurement": "m", "tags": {"host": "web 1"}, "fields": {"v": "text"}}])
except InfluxDBClientError as error:
    print(error.code, error.content)
`;
  const { code, stdout, stderr } = await sandbox.run([PYTHON, '-c', script, origin.hostname, origin.port, key], {});
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^400 .*already exists as type float dropped=1/);
  const times = Array.from({ length: 25 }, (_, index) => (1732700000000 + index) / 1000);
  const isOfAll = async (field: string, value: (index: number) => unknown): Promise<void> => {
    expect(await stored('python', 'm', field)).toEqual(times.map((ts, index) => [ts, value(index)]));
  };
  await isOfAll('v', (index) => index / 8);
  await isOfAll('i', (index) => index);
  await isOfAll('b', (index) => index === 0);
  await isOfAll('s', () => 'a "b"');
});
