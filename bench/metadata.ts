import { type Archive } from './archive.js';

/** An event type of the bench's metadata, with the windows (in seconds) of one type of summary. */
export interface EventTypeSpec {
  readonly eventType: string;
  readonly summaryType: string;
  readonly windows: readonly number[];
}

/** A family of metadata that differ in their hosts: 20 of each source. */
export interface MetadataFamily extends EventTypeSpec {
  /** The second number of its addresses, which tells families apart. */
  readonly network: number;
  readonly count: number;
}

/** How many metadata have the same source. */
export const OF_ONE_SOURCE = 20;

/** The source of a family's nth metadata. */
export function sourceOf({ network }: MetadataFamily, index: number): string {
  const host = Math.floor(index / OF_ONE_SOURCE);
  return `10.${network}.${host >> 8}.${host & 255}`;
}

/** Registers metadata, each family once in a run; their points are new ones also in an archive that has run before. */
export class MetadataRegistry {
  private readonly run = `bench-${Date.now().toString(36)}`;
  private readonly registered = new Map<number, Promise<string[]>>();

  constructor(private readonly archive: Archive) {}

  /** The keys of a family's metadata, in order. */
  keysOf(family: MetadataFamily): Promise<string[]> {
    let keys = this.registered.get(family.network);
    if (!keys) this.registered.set(family.network, (keys = this.register(family)));
    return keys;
  }

  private async register(family: MetadataFamily): Promise<string[]> {
    const requests = Array.from({ length: family.count }, (_, index) =>
      this.archive.request('POST', '', JSON.stringify(this.metadata(family, index))),
    );
    const answers = await this.archive.collect({ connections: 8, requests, status: 201 });
    return answers.map((answer) => (JSON.parse(answer.toString()) as { 'metadata-key': string })['metadata-key']);
  }

  private metadata(family: MetadataFamily, index: number): object {
    const source = sourceOf(family, index);
    const destination = `10.${family.network}.255.${index % OF_ONE_SOURCE}`;
    const summaries = family.windows.map((window) => ({
      'summary-type': family.summaryType,
      'summary-window': window,
    }));
    return {
      'subject-type': 'point-to-point',
      source,
      destination,
      'measurement-agent': source,
      'tool-name': 'pscheduler/iperf3',
      'input-source': source,
      'input-destination': destination,
      'ip-transport-protocol': 'tcp',
      'time-duration': 30,
      'bench-run': this.run,
      'event-types': [{ 'event-type': family.eventType, summaries }, { 'event-type': 'failures' }],
    };
  }
}
