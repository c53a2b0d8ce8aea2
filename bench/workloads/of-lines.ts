import { randomUUID } from 'node:crypto';
import { type WireRequest } from '../http-connection.js';
import { InfluxLimit } from '../influx-limit.js';
import { lineRequest, linePoints, type LineSpec, linesOf } from '../lines.js';
import { type Measurement } from '../load.js';
import { type MetadataFamily } from '../metadata.js';
import { delay, newYear, STEP } from '../points.js';
import { LineWrite, type LineWriteOptions } from './line-write.js';
import { SingleWrite } from './single-write.js';
import { atLeast, type Field, type Workload } from './workload.js';

const CONNECTIONS = 8;
const SINGLE_CONNECTIONS = 32;
/** Bodies of a round, of 1,000 points each. */
const BODIES = 60;
const OF_BODY = 1000;
const SINGLES = 6000;
const DAY = 86_400;
/** How many series are new at a time. */
const NEW = 10_000;

const SINGLE: MetadataFamily = {
  ...{ eventType: 'ntp-delay', summaryType: 'average', windows: [] },
  ...{ network: 16, count: OF_BODY },
};

/** The workloads of line protocol. */
export function ofLines(field: Field): Workload[] {
  return [
    bulk(field),
    wide(field),
    single(field),
    ...(field.copy && InfluxLimit.isThere() ? [besideInflux(field)] : []),
    again(field),
    firstContact(field),
  ];
}

/** Lines that nothing else writes, also in an archive that has run the bench before. */
function specOf(name: string, day: number, hosts = OF_BODY, fields = 1): LineSpec {
  const begin = newYear(2007) + day * DAY;
  return { database: `bench-${name}-${randomUUID()}`, hosts, fields, begin, value: delay };
}

/** Writes of the bodies of a round, which go on where those of the round before ended. */
function bodiesOf(field: Field, spec: LineSpec, isPacked = false) {
  const points = (round: number) =>
    Array.from({ length: BODIES }, (_, index) => linePoints(spec, round * BODIES + index));
  return {
    copied: (round: number): Promise<Measurement | undefined> => {
      // Series of its own for each workload: the limit's table has one key, too.
      const first = Math.floor(spec.begin / STEP);
      const all = points(round).flat();
      return field.copy?.copy(all.map((point) => ({ ...point, series: first + point.series }))) ?? nothing();
    },
    requests: (round: number): WireRequest[] =>
      points(round).map((body) => lineRequest(spec.database, linesOf(spec, body), field.archive.key, isPacked)),
    /** Registers the series, at a time before the first body. */
    prepare: async (): Promise<void> => {
      const requests = [lineRequest(spec.database, linesOf(spec, linePoints(spec, -1)), field.archive.key)];
      await field.archive.drive({ connections: 1, requests, status: 204 });
    },
  };
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

const BULK = { unit: 'kpoints/s', amount: BODIES * OF_BODY, connections: CONNECTIONS } as const;

function bulk(field: Field): Workload {
  const { copied, ...bodies } = bodiesOf(field, specOf('L1', 0));
  return new LineWrite(field, {
    ...{ ...BULK, ...bodies, name: 'L1', title: 'lines of 1 field', limit: copied, target: atLeast(0.33) },
  });
}

function wide(field: Field): Workload {
  const { copied, ...bodies } = bodiesOf(field, specOf('L2', 1, OF_BODY / 10, 10), true);
  return new LineWrite(field, {
    ...{ ...BULK, ...bodies, name: 'L2', title: 'lines of 10 fields, gzip', limit: copied, target: atLeast(0.3) },
  });
}

function single(field: Field): Workload {
  const spec = specOf('L3', 2);
  const title = 'single lines';
  const points = { name: 'L3', title, family: SINGLE, requests: SINGLES, begin: spec.begin, value: delay };
  const posts = new SingleWrite(field, points);
  const options: LineWriteOptions = {
    ...{ name: 'L3', title, unit: 'requests/s', amount: SINGLES, connections: SINGLE_CONNECTIONS },
    target: atLeast(0.95),
    prepare: async () => {
      await bodiesOf(field, spec).prepare();
      await posts.prepare();
    },
    requests: (round) =>
      Array.from({ length: SINGLES }, (_, index) => {
        const all = round * SINGLES + index;
        const body = linesOf(spec, linePoints(spec, Math.floor(all / spec.hosts), all % spec.hosts, 1));
        return lineRequest(spec.database, body, field.archive.key);
      }),
    limit: (round) => posts.ours(round),
  };
  return new LineWrite(field, options);
}

function besideInflux(field: Field): Workload {
  const spec = specOf('L4', 3);
  const { prepare, requests } = bodiesOf(field, spec);
  let influx: InfluxLimit | undefined;
  return new LineWrite(field, {
    ...{ ...BULK, name: 'L4', title: 'lines, beside InfluxDB', requests, target: atLeast(0.35) },
    prepare: async () => {
      influx = await InfluxLimit.start(spec.database);
      await prepare();
    },
    limit: (round) => influx?.write(requests(round), CONNECTIONS) ?? nothing(),
  });
}

function again(field: Field): Workload {
  const { prepare, requests } = bodiesOf(field, specOf('L5', 4));
  return new LineWrite(field, {
    ...{ ...BULK, name: 'L5', title: 'the same lines again', prepare, requests, target: atLeast(0.4) },
    limit: (round) => field.archive.drive({ connections: CONNECTIONS, requests: requests(round), status: 204 }),
  });
}

function firstContact(field: Field): Workload {
  const known = specOf('L6', 5);
  const { prepare, requests } = bodiesOf(field, known);
  const ofNew = NEW / OF_BODY;
  return new LineWrite(field, {
    ...{
      ...BULK,
      name: 'L6',
      title: '10,000 new series',
      amount: NEW,
      connections: 1,
      prepare,
      target: atLeast(0.083),
    },
    requests: () => {
      // A database may have 100,000 series.
      const spec = specOf('L6', 6, NEW);
      return [lineRequest(spec.database, linesOf(spec, linePoints(spec, 0)), field.archive.key)];
    },
    limit: (round) => {
      const load = { connections: CONNECTIONS, requests: requests(round).slice(0, ofNew), status: 204 };
      return field.archive.drive(load);
    },
  });
}
