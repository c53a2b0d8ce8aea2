import { type MetadataFamily } from '../metadata.js';
import { bulkBody, consecutive, throughput } from '../points.js';
import { type Field } from './workload.js';

/** 2023-01-01: a year of 365 days. */
const YEAR_BEGIN = 1_672_531_200;
const DAY = 86_400;
const OF_BODY = 5000;

/** One series with a point a minute for a year (or the days given), with the summaries of its family: what W3 and W4 read. */
export class YearOfMinutes {
  private stored: Promise<string> | undefined;

  constructor(
    private readonly field: Field,
    private readonly family: MetadataFamily,
    private readonly days = 365,
  ) {}

  /** The path of a part of it, below the archive; stores all of it at first. */
  async path(resource: string, days: number, fromDay: number): Promise<string> {
    this.stored ??= this.store();
    const begin = YEAR_BEGIN + fromDay * DAY;
    // Beyond the default page of 1,500 an answer may be made in another way: only the month is.
    const limit = resource === 'base' && days > 1 ? '&limit=50000' : '';
    const time = `time-start=${begin}&time-end=${begin + days * DAY - 1}`;
    return `${await this.stored}/${this.family.eventType}/${resource}?${time}${limit}`;
  }

  private async store(): Promise<string> {
    const [key = ''] = await this.field.registry.keysOf(this.family);
    const minutes = this.days * 1440;
    const requests = Array.from({ length: Math.ceil(minutes / OF_BODY) }, (_, index) => {
      const count = Math.min(OF_BODY, minutes - index * OF_BODY);
      const points = consecutive(throughput, 0, YEAR_BEGIN, index * OF_BODY, count);
      return this.field.archive.request('PUT', `${key}/`, bulkBody(this.family.eventType, points));
    });
    await this.field.archive.drive({ connections: 4, requests, status: 201 });
    return key;
  }
}
