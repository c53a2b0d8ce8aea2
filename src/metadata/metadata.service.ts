import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { NotFound } from '../common/errors.js';
import { AppConfig } from '../config/config.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { SUMMARY_KINDS, type SummaryType } from '../rollups/summary-kinds.js';
import {
  MetadataStore,
  type NewMetadata,
  type StoredEventType,
  type StoredMetadata,
  type SummaryRegistration,
} from '../storage/registry/metadata-store.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { SensorStore } from '../storage/registry/sensor-store.js';
import { SENSOR, subjectOfSensor } from '../storage/registry/subject-store.js';
import { BackFillJob } from './back-fill.job.js';
import { parseRegistration } from './parse-metadata.js';

/** Registers metadata and looks them up. */
@Injectable()
export class MetadataService {
  constructor(
    private readonly store: MetadataStore,
    private readonly eventTypes: EventTypeStore,
    private readonly backFill: BackFillJob,
    private readonly limits: WriteLimits,
    private readonly sensors: SensorStore,
    private readonly config: AppConfig,
  ) {}

  /**
   * Registers the metadata of a POST body, or extends the stored one that is the same. Summaries that are new to a
   * series with points are filled from them. Throws `Invalid`, and `Forbidden` where the caller is limited to others;
   * nothing is stored then.
   */
  async registerBody(body: Buffer | undefined, caller: Caller): Promise<StoredMetadata> {
    const parse = (dataTypeOf: DataTypeOf): NewMetadata => parseRegistration(body ?? Buffer.alloc(0), dataTypeOf);
    return this.register(await this.eventTypes.resolve(parse), caller);
  }

  /** As `registerBody`, for a metadata that is parsed. Throws `TooManySensors` where it would be one too many. */
  async register(metadata: NewMetadata, caller: Caller): Promise<StoredMetadata> {
    const { sensor } = metadata.parameters;
    const isSensor = metadata.subjectType === SENSOR && sensor !== undefined;
    this.limits.check(caller, isSensor ? subjectOfSensor(sensor) : metadata);
    if (isSensor) await this.sensors.checkRoom(sensor, this.config.maxSensors);
    const { stored, changed } = await this.store.register(metadata, caller);
    if (changed) await this.backFill.fill(stored.key);
    return stored;
  }

  /** Throws `NotFound` for an unknown key. */
  async find(key: string): Promise<StoredMetadata> {
    const metadata = await this.store.find(key);
    if (!metadata) throw new NotFound(`there is no metadata ${key}`);
    return metadata;
  }

  /** The event type of the metadata, or `undefined` where either is unknown. */
  async findEventType(key: string, eventType: string): Promise<StoredEventType | undefined> {
    return this.findFitting(key, eventType, () => true);
  }

  /**
   * The event type with only its summaries of one type. Throws `NotFound` where it has none.
   */
  async findSummaries(key: string, eventType: string, wanted: SummaryType): Promise<StoredEventType> {
    const ofType = ({ summaries }: StoredEventType): SummaryRegistration[] =>
      summaries.filter(({ type }) => type === wanted);
    const found = await this.findFitting(key, eventType, (known) => ofType(known).length > 0);
    const summaries = found ? ofType(found) : [];
    if (!found || summaries.length === 0)
      throw new NotFound(`there are no ${SUMMARY_KINDS[wanted].path} of ${eventType} of metadata ${key}`);
    return { ...found, summaries };
  }

  /** The event type of a metadata; `isEnough` tells whether it has what is looked for. */
  private async findFitting(
    key: string,
    eventType: string,
    isEnough: (known: StoredEventType) => boolean,
  ): Promise<StoredEventType | undefined> {
    const of = ({ eventTypes }: StoredMetadata): StoredEventType | undefined =>
      eventTypes.find((known) => known.eventType === eventType);
    const metadata = await this.store.find(key, (stored) => {
      const known = of(stored);
      return known !== undefined && isEnough(known);
    });
    return metadata && of(metadata);
  }
}
