import { type MetadataFamily } from '../metadata.js';
import { bulkBody, consecutive, type ValueMaker } from '../points.js';
import { type Field } from './workload.js';

const DAY = 86_400;

/** The most points of a body that stay loose. */
const LOOSE_BODY = 31;
/** The points of a body that become a segment each; the packer would make longer ones. */
const PACKED_BODY = 5000;

/** What tells one set of such series from another. */
export interface MinutesOptions {
  readonly family: MetadataFamily;
  readonly value: ValueMaker;
  /** The time of each series' first point, in seconds since 1970. */
  readonly begin: number;
  readonly days: number;
  /** Whether the points are written few at a time, so that each is a row until it is packed. */
  readonly loose?: boolean;
}

/** Series with a point a minute, with the summaries of their family: what W3, W4 and P1 read. */
export class Minutes {
  private stored: Promise<string> | undefined;

  constructor(
    private readonly field: Field,
    private readonly options: MinutesOptions,
  ) {}

  /** Stores all points; once, however often it is called. Returns the path of the first series' metadata. */
  store(): Promise<string> {
    this.stored ??= this.storeAll();
    return this.stored;
  }

  /** The path of a part of the first series, below the archive; stores all points at first. */
  async path(resource: string, days: number, fromDay: number): Promise<string> {
    const begin = this.options.begin + fromDay * DAY;
    // Beyond the default page of 1,500 an answer may be made in another way: only the month is.
    const limit = resource === 'base' && days > 1 ? '&limit=50000' : '';
    const time = `time-start=${begin}&time-end=${begin + days * DAY - 1}`;
    return `${await this.store()}/${this.options.family.eventType}/${resource}?${time}${limit}`;
  }

  private async storeAll(): Promise<string> {
    const { family, value, begin, days, loose = false } = this.options;
    const keys = await this.field.registry.keysOf(family);
    const ofBody = loose ? LOOSE_BODY : PACKED_BODY;
    const minutes = days * 1440;
    const requests = Array.from({ length: Math.ceil(minutes / ofBody) }, (_, index) =>
      keys.map((key, series) => {
        const count = Math.min(ofBody, minutes - index * ofBody);
        const points = consecutive(value, series, begin, index * ofBody, count);
        return this.field.archive.request('PUT', `${key}/`, bulkBody(family.eventType, points));
      }),
    ).flat();
    // Two bodies of a series that meet in one transaction would become a segment.
    const connections = loose ? Math.max(1, keys.length - 2) : 4;
    await this.field.archive.drive({ connections, requests, status: 201 });
    return keys[0] ?? '';
  }
}
