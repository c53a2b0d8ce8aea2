import { type MetadataFamily } from '../metadata.js';
import { delay, newYear, STEP } from '../points.js';
import { code, responseTime, type StreamSpec } from '../stream-points.js';
import { type StreamBody, Streams } from '../streams.js';
import { ComparedRead } from './compared-read.js';
import { Disk } from './disk.js';
import { KeepUp } from './keep-up.js';
import { Minutes } from './minutes.js';
import { SessionUpload } from './session-upload.js';
import { atLeast, atMost, type Field, type Workload } from './workload.js';

const DAY = 86_400;
const MILLION = 1_000_000;

const METRIC: StreamBody = { type: 'metric' };
const bySecond = (type: string) => ({ 'summary-type': type, 'summary-window': 1 });

/** A series with a point a minute, for the limit of B6; a million of them take two years. */
const MINUTES: MetadataFamily = {
  ...{ eventType: 'ntp-delay', summaryType: 'average', windows: [] },
  ...{ network: 15, count: 1 },
};

/** The workloads of data sessions: uploads, reads, and what they take on disk. */
export function ofSessions(field: Field): Workload[] {
  return [...uploads(field), quantiles(field), points(field), ...(field.packing ? disk(field) : []), new KeepUp(field)];
}

function uploads(field: Field): Workload[] {
  const times = { rate: 10_000, value: responseTime };
  const begin = newYear(2013);
  return [
    new SessionUpload(field, {
      ...{ name: 'B1', title: 'streams', stream: METRIC, points: { ...times, begin }, target: atLeast(1) },
    }),
    new SessionUpload(field, {
      ...{ name: 'B2', title: 'streams, aggregated', stream: { ...METRIC, aggregate: true } },
      ...{ points: { ...times, begin: begin + DAY }, target: atLeast(0.35) },
    }),
    new SessionUpload(field, {
      ...{ name: 'B3', title: 'streams, aggregates only', stream: { ...METRIC, raw: false, aggregate: true } },
      ...{ points: { ...times, begin: begin + 2 * DAY }, target: atLeast(0.45) },
    }),
    new SessionUpload(field, {
      ...{ name: 'B4', title: 'streams of events, JSON', stream: { type: 'event', aggregate: true } },
      ...{ points: { ...times, value: code, begin: begin + 3 * DAY }, target: atLeast(0.25) },
    }),
  ];
}

function quantiles(field: Field): Workload {
  const lines = 3600;
  const summaries = [bySecond('quantiles'), bySecond('average')];
  const requests = async () => {
    const path = await filled(field, newYear(2012), lines * 1000, { raw: false, aggregate: true, summaries });
    const read = (type: string) => field.archive.sessionRequest('GET', `${path}/${type}/1?format=ndjson`);
    return { ours: read('quantiles'), limit: read('averages') };
  };
  const title = '3,600 quantiles of a second';
  return new ComparedRead(field, { name: 'B5', title, times: 12, target: atMost(8), lines, requests });
}

function points(field: Field): Workload {
  const begin = newYear(2005);
  const minutes = new Minutes(field, { family: MINUTES, value: delay, begin, days: Math.ceil(MILLION / 1440) });
  const requests = async () => {
    const path = await filled(field, newYear(2011), MILLION, {});
    const base = `${await minutes.store()}/${MINUTES.eventType}/base`;
    const range = `time-start=${begin}&time-end=${begin + MILLION * STEP - 1}`;
    return {
      ours: field.archive.sessionRequest('GET', `${path}/points?format=ndjson&limit=${MILLION}`),
      limit: field.archive.request('GET', `${base}?format=ndjson&limit=${MILLION}&${range}`),
    };
  };
  const title = 'read 1,000,000 points of a stream';
  return new ComparedRead(field, { name: 'B6', title, times: 2, target: atMost(1.2), lines: MILLION, requests });
}

function disk(field: Field): Workload[] {
  // Nothing else is stored in these years, since whole chunks are weighed.
  const raw = { begin: newYear(2010), end: newYear(2011) - 30 * DAY };
  const bins = { begin: newYear(2009), end: newYear(2010) - 30 * DAY };
  const summaries = [bySecond('quantiles')];
  return [
    new Disk(field, {
      ...{ name: 'S1', title: 'disk of points of a stream', ...raw },
      // A row of `point` has 84 bytes.
      target: { at: 'most', value: 0.12 * 84 },
      prepare: async () => {
        await filled(field, raw.begin + 30 * DAY, MILLION, {});
      },
    }),
    new Disk(field, {
      ...{ name: 'S1', title: 'disk of quantiles of a second', table: 'rollup', ...bins },
      target: { at: 'most', value: 2 },
      prepare: async () => {
        await filled(field, bins.begin + 30 * DAY, MILLION, { raw: false, aggregate: true, summaries });
      },
    }),
  ];
}

/** Registers a metric with 1,000 points a second, stores so many, and returns its path below the sessions. */
async function filled(field: Field, begin: number, rows: number, options: Partial<StreamBody>): Promise<string> {
  const spec: StreamSpec = { begin, rate: 1000, value: responseTime };
  const streams = await Streams.register(field.archive, 1, begin, { ...METRIC, ...options });
  await streams.fill(spec, rows);
  return streams.path(0);
}
