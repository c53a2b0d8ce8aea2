import { type MetadataFamily, OF_ONE_SOURCE, sourceOf } from '../metadata.js';
import { delays, throughput } from '../points.js';
import { BulkWrite } from './bulk-write.js';
import { Read } from './read.js';
import { SingleWrite } from './single-write.js';
import { type Field, type Workload } from './workload.js';
import { YearOfMinutes } from './year-of-minutes.js';

const HOUR_AND_DAY = [3600, 86_400];
const averages = { eventType: 'throughput', summaryType: 'average' };
const histograms = { eventType: 'histogram-owdelay', summaryType: 'aggregation', count: 200 };

const PLAIN: MetadataFamily = { ...averages, network: 1, count: 1000, windows: [] };
const SUMMARISED: MetadataFamily = { ...averages, network: 2, count: 1000, windows: HOUR_AND_DAY };
/** With the two families above and those below there are some more than 10,000 metadata to search. */
const OTHERS: MetadataFamily = { ...averages, network: 3, count: 8000, windows: HOUR_AND_DAY };
const HISTOGRAMS: MetadataFamily = { ...histograms, network: 4, windows: [] };
const MERGED: MetadataFamily = { ...histograms, network: 5, windows: HOUR_AND_DAY };
const YEAR: MetadataFamily = { ...averages, network: 6, count: 1, windows: HOUR_AND_DAY };

/** The first of January of a year, in seconds since 1970. */
const newYear = (year: number): number => Date.UTC(year) / 1000;

/** All workloads in their order. Two that write to the same series do so in different years. */
export function workloads(field: Field): Workload[] {
  const year = new YearOfMinutes(field, YEAR);
  const bulk = { name: 'W1', connections: 8, bodies: 400, value: throughput };
  const one = { ...bulk, connections: 1, bodies: 150 };
  const single = { name: 'W2', requests: 12_000 };
  const histogram = { name: 'W6', connections: 4, bodies: 40, value: delays };
  const searches = async (): Promise<string[]> => {
    for (const family of [PLAIN, SUMMARISED, OTHERS]) await field.registry.keysOf(family);
    return Array.from({ length: 50 }, (_, index) => `?source=${sourceOf(OTHERS, index * 7 * OF_ONE_SOURCE)}`);
  };
  return [
    new BulkWrite(field, {
      ...bulk,
      title: 'bulk, 8 connections',
      family: PLAIN,
      begin: newYear(2015),
      target: { at: 'least', ratio: 0.33 },
    }),
    new BulkWrite(field, {
      ...bulk,
      title: 'bulk, 8 connections, summaries',
      family: SUMMARISED,
      begin: newYear(2016),
      target: { at: 'least', ratio: 0.28 },
    }),
    new BulkWrite(field, {
      ...one,
      title: 'bulk, 1 connection',
      family: PLAIN,
      begin: newYear(2017),
      target: { at: 'least', ratio: 0.2 },
    }),
    new SingleWrite(field, {
      ...single,
      title: 'single points',
      family: PLAIN,
      begin: newYear(2018),
      target: { at: 'least', ratio: 0.33 },
    }),
    new SingleWrite(field, {
      ...single,
      title: 'single points, summaries',
      family: SUMMARISED,
      begin: newYear(2019),
      target: { at: 'least', ratio: 0.25 },
    }),
    new Read(field, {
      name: 'W3',
      title: 'read 43,200 points',
      times: 12,
      elements: 43_200,
      paths: async () => [await year.path('base', 30, 100)],
      target: { at: 'most', ratio: 14 },
    }),
    new Read(field, {
      name: 'W3',
      title: 'read 1,440 points',
      times: 100,
      elements: 1440,
      paths: async () => [await year.path('base', 1, 100)],
      target: { at: 'most', ratio: 8 },
    }),
    new Read(field, {
      name: 'W4',
      title: '720 hourly averages',
      times: 100,
      elements: 720,
      paths: async () => [await year.path('averages/3600', 30, 100)],
      target: { at: 'most', ratio: 7 },
    }),
    new Read(field, {
      name: 'W4',
      title: '365 daily averages',
      times: 100,
      elements: 365,
      paths: async () => [await year.path('averages/86400', 365, 0)],
      target: { at: 'most', ratio: 7 },
    }),
    new Read(field, {
      name: 'W5',
      title: 'search 20 of 10,000',
      times: 100,
      elements: OF_ONE_SOURCE,
      paths: searches,
      target: { at: 'most', ratio: 5 },
    }),
    new BulkWrite(field, { ...histogram, title: 'histograms', family: HISTOGRAMS, begin: newYear(2020) }),
    new BulkWrite(field, { ...histogram, title: 'histograms, merged', family: MERGED, begin: newYear(2021) }),
  ];
}
