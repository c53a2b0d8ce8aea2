import { type MetadataFamily, OF_ONE_SOURCE, sourceOf } from '../metadata.js';
import { type Packing } from '../packing.js';
import { delay, delays, newYear, throughput } from '../points.js';
import { BesidePacking } from './beside-packing.js';
import { BulkWrite } from './bulk-write.js';
import { Disk } from './disk.js';
import { Minutes } from './minutes.js';
import { Read } from './read.js';
import { ofLines } from './of-lines.js';
import { ofSessions } from './of-sessions.js';
import { SingleWrite } from './single-write.js';
import { atLeast, atMost, type Field, type Target, type Workload } from './workload.js';

const HOUR_AND_DAY = [3600, 86_400];
/** Values with three decimals, as most measured ones have some. */
const decimals = { eventType: 'ntp-delay', summaryType: 'average' };
const histograms = { eventType: 'histogram-owdelay', summaryType: 'aggregation', count: 200 };

/** Each workload that writes has series of its own, and adds points behind their last ones, as measurements come in. */
const BULK: MetadataFamily = { ...decimals, network: 1, count: 1000, windows: [] };
const BULK_SUMMARISED: MetadataFamily = { ...BULK, network: 2, windows: HOUR_AND_DAY };
const BULK_INTEGERS: MetadataFamily = { ...BULK, network: 3, eventType: 'throughput' };
const BULK_ONE: MetadataFamily = { ...BULK, network: 4 };
const SINGLE: MetadataFamily = { ...BULK, network: 5 };
const SINGLE_SUMMARISED: MetadataFamily = { ...SINGLE, network: 6, windows: HOUR_AND_DAY };
const BESIDE: MetadataFamily = { ...SINGLE, network: 7 };
const SOON_PACKED: MetadataFamily = { ...SINGLE, network: 8 };
/** With those above there are 10,000 metadata to search. */
const OTHERS: MetadataFamily = { ...BULK_SUMMARISED, network: 9, count: 2000 };
const HISTOGRAMS: MetadataFamily = { ...histograms, network: 10, windows: [] };
const MERGED: MetadataFamily = { ...histograms, network: 11, windows: HOUR_AND_DAY };
const YEAR: MetadataFamily = { ...BULK_SUMMARISED, network: 12, count: 1 };
const LOOSE: MetadataFamily = { ...BULK, network: 13, count: 1 };
const PACKED: MetadataFamily = { ...BULK, network: 14, count: 10 };

/** Points of the future are not packed. */
const NEXT_YEAR = newYear(new Date().getUTCFullYear() + 1);
const DAY = 86_400;
const MONTH = 31;

/**
 * All workloads in the order in which they are prepared. First comes what is packed, so that all the rest is read as it
 * was written.
 */
export function workloads(field: Field): Workload[] {
  return [
    ...(field.packing ? ofPacking(field, field.packing) : []),
    ...writes(field),
    ...reads(field),
    ...ofHistograms(field),
    ...ofSessions(field),
    ...ofLines(field),
  ];
}

function ofPacking(field: Field, packing: Packing): Workload[] {
  const begin = newYear(2022);
  const months = new Minutes(field, { family: PACKED, value: delay, begin, days: MONTH, loose: true });
  const prepare = async (): Promise<void> => {
    await months.store();
    await packing.packAll();
  };
  const path = async (days: number): Promise<string[]> => {
    await prepare();
    return [await months.path('base', days, 0)];
  };
  return [
    read(field, 'P1', 'read 43,200 packed points', 43_200, () => path(30), atMost(4)),
    read(field, 'P1', 'read 1,440 packed points', 1440, () => path(1), atMost(12)),
    new Disk(field, {
      ...{ name: 'P2', title: 'disk of packed points', prepare, begin, end: begin + MONTH * DAY },
      target: { at: 'most', value: 3 },
    }),
    new BesidePacking(field, {
      ...{ name: 'P3', title: 'single points beside the packer', requests: 12_000, value: delay },
      ...{ family: BESIDE, packed: SOON_PACKED, begin: newYear(2014) },
      target: atLeast(0.95),
    }),
  ];
}

function writes(field: Field): Workload[] {
  const bulk = { name: 'W1', title: 'bulk, 8 connections', connections: 8, bodies: 400, value: delay };
  const single = { name: 'W2', title: 'single points', requests: 12_000, value: delay };
  return [
    new BulkWrite(field, { ...bulk, family: BULK, begin: newYear(2015), target: atLeast(1) }),
    new BulkWrite(field, {
      ...{ ...bulk, title: `${bulk.title}, summaries` },
      ...{ family: BULK_SUMMARISED, begin: newYear(2016), target: atLeast(0.8) },
    }),
    new BulkWrite(field, {
      ...{ ...bulk, title: `${bulk.title}, integers`, bodies: 200, value: throughput },
      ...{ family: BULK_INTEGERS, begin: newYear(2017) },
    }),
    new BulkWrite(field, {
      ...{ ...bulk, title: 'bulk, 1 connection', connections: 1, bodies: 150 },
      ...{ family: BULK_ONE, begin: newYear(2018), target: atLeast(0.7) },
    }),
    new SingleWrite(field, { ...single, family: SINGLE, begin: newYear(2019), target: atLeast(0.33) }),
    new SingleWrite(field, {
      ...{ ...single, title: `${single.title}, summaries` },
      ...{ family: SINGLE_SUMMARISED, begin: newYear(2019), target: atLeast(0.25) },
    }),
  ];
}

function reads(field: Field): Workload[] {
  const year = new Minutes(field, { family: YEAR, value: delay, begin: newYear(2023), days: 365 });
  const loose = new Minutes(field, { family: LOOSE, value: delay, begin: NEXT_YEAR, days: MONTH, loose: true });
  const of = async (resource: string, days: number, fromDay: number): Promise<string[]> => [
    await year.path(resource, days, fromDay),
  ];
  const searches = async (): Promise<string[]> => {
    for (const family of [BULK, BULK_SUMMARISED, BULK_INTEGERS, BULK_ONE]) await field.registry.keysOf(family);
    for (const family of [SINGLE, SINGLE_SUMMARISED, BESIDE, SOON_PACKED]) await field.registry.keysOf(family);
    await field.registry.keysOf(OTHERS);
    return Array.from({ length: 50 }, (_, index) => `?source=${sourceOf(OTHERS, index * 2 * OF_ONE_SOURCE)}`);
  };
  return [
    read(field, 'W3', 'read 43,200 points written in bulk', 43_200, () => of('base', 30, 100), atMost(4)),
    read(field, 'W3', 'read 1,440 points written in bulk', 1440, () => of('base', 1, 100), atMost(12)),
    read(field, 'W3', 'read 43,200 loose points', 43_200, async () => [await loose.path('base', 30, 0)]),
    read(field, 'W4', '720 hourly averages', 720, () => of('averages/3600', 30, 100), atMost(7)),
    read(field, 'W4', '365 daily averages', 365, () => of('averages/86400', 365, 0), atMost(7)),
    read(field, 'W5', 'search 20 of 10,000', OF_ONE_SOURCE, searches, atMost(5)),
  ];
}

function ofHistograms(field: Field): Workload[] {
  const histogram = { name: 'W6', title: 'histograms', connections: 4, bodies: 40, value: delays };
  return [
    new BulkWrite(field, { ...histogram, family: HISTOGRAMS, begin: newYear(2020), target: atLeast(0.6) }),
    new BulkWrite(field, {
      ...{ ...histogram, title: `${histogram.title}, merged` },
      ...{ family: MERGED, begin: newYear(2021) },
    }),
  ];
}

/** @param elements how many each answer has; long ones are asked for less often. */
function read(
  field: Field,
  name: string,
  title: string,
  elements: number,
  paths: () => Promise<string[]>,
  target?: Target,
): Workload {
  return new Read(field, {
    name,
    title,
    elements,
    times: elements > 10_000 ? 12 : 100,
    paths,
    ...(target && { target }),
  });
}
