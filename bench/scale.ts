import { OF_ONE_SOURCE, type MetadataFamily, MetadataRegistry, sourceOf } from './metadata.js';
import { type OwnServer } from './own-server.js';
import { throughput } from './points.js';
import { ScaleFill } from './scale-fill.js';
import { BulkWrite } from './workloads/bulk-write.js';
import { Read } from './workloads/read.js';
import { SingleWrite } from './workloads/single-write.js';
import { type Field, quantile, valueOf, type Workload } from './workloads/workload.js';
import { Minutes } from './workloads/minutes.js';

const STEPS = [1, 10, 100];
const ROUNDS = 3;
/** Of the copied series: a third of a year of minutes. */
const DAYS = 120;

const averages = { eventType: 'throughput', summaryType: 'average', windows: [] };
const MANY: MetadataFamily = { ...averages, network: 1, count: 1000 };
const LONG: MetadataFamily = { ...averages, network: 2, count: 1 };

/** What was measured at one size of the archive. */
export interface ScaleStep {
  readonly times: number;
  readonly metadata: number;
  readonly points: number;
  /** Medians, one for each workload. */
  readonly values: readonly number[];
}

/** Repeats W1, W2, W3 and W5 with 1, 10 and 100 times the metadata and points, as far as the time allows. */
export async function runScale(
  server: OwnServer,
  say: (message: string) => void,
  deadline: number,
): Promise<{ text: string; steps: ScaleStep[] }> {
  const { archive } = server;
  const field = {
    archive,
    registry: new MetadataRegistry(archive),
    bare: undefined,
    copy: undefined,
    packing: undefined,
  };
  const workloads = workloadsOf(field);
  for (const workload of workloads) await workload.prepare();
  const [key = ''] = await field.registry.keysOf(LONG);
  const fill = await ScaleFill.open(server.databaseUrl(), { network: MANY.network, key });
  const steps: ScaleStep[] = [];
  let round = 0;
  for (const times of STEPS) {
    const begin = performance.now();
    const size = await fill.to(times);
    const values: number[][] = workloads.map(() => []);
    for (let end = round + ROUNDS; round < end; round++)
      for (const [index, workload] of workloads.entries())
        values[index]?.push(valueOf(workload, await workload.ours(round)));
    steps.push({ times, ...size, values: values.map((ofOne) => quantile(ofOne, 0.5)) });
    const took = performance.now() - begin;
    say(
      `${times} ×: ${size.metadata} metadata, some ${(size.points / 1e6).toFixed(1)} million points; ${(took / 1000).toFixed(0)} s`,
    );
    // The next step takes up to ten times as long.
    if (performance.now() + 10 * took > deadline) break;
  }
  await fill.close();
  return { text: tableOf(workloads, steps), steps };
}

function workloadsOf(field: Field): Workload[] {
  const year = (number: number): number => Date.UTC(number) / 1000;
  const long = new Minutes(field, { family: LONG, value: throughput, begin: year(2023), days: DAYS });
  const sources = Array.from({ length: 50 }, (_, index) => `?source=${sourceOf(MANY, index * OF_ONE_SOURCE)}`);
  const searches = async (): Promise<string[]> => {
    await field.registry.keysOf(MANY);
    return sources;
  };
  const write = { family: MANY, value: throughput };
  const bulk = { ...write, connections: 8, bodies: 200 };
  const target = { at: 'most', ratio: 1 } as const;
  const read = { name: 'W3', title: 'read 1,440 points', times: 100, elements: 1440, target };
  return [
    new BulkWrite(field, { ...bulk, name: 'W1', title: 'bulk, 8 connections', begin: year(2015) }),
    new SingleWrite(field, { ...write, name: 'W2', title: 'single points', requests: 6000, begin: year(2018) }),
    new Read(field, { ...read, paths: async () => [await long.path('base', 1, 60)] }),
    new Read(field, { ...read, name: 'W5', title: 'search by source', elements: OF_ONE_SOURCE, paths: searches }),
  ];
}

function tableOf(workloads: readonly Workload[], steps: readonly ScaleStep[]): string {
  const line = (title: string, unit: string, cells: readonly string[]): string =>
    `${title.padEnd(26)}${unit.padEnd(12)}${cells.map((cell) => cell.padStart(10)).join('')}`;
  const heading = line('', '', [...steps.map(({ times }) => `${times} ×`), 'last/first']);
  const rows = workloads.map(({ name, title, unit }, index) => {
    const values = steps.map((step) => step.values[index] ?? NaN);
    const growth = (values.at(-1) ?? NaN) / (values[0] ?? NaN);
    return line(
      `${name} ${title}`,
      unit,
      [...values, growth].map((value) => value.toFixed(2)),
    );
  });
  return [heading, ...rows].join('\n');
}
