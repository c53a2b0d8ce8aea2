import { Injectable } from '@nestjs/common';
import { NotFound } from '../common/errors.js';
import { MetadataStore, type StoredEventType, type StoredMetadata } from '../storage/metadata-store.js';
import { parseMetadata } from './parse-metadata.js';

/** Registers metadata and looks them up. */
@Injectable()
export class MetadataService {
  constructor(private readonly store: MetadataStore) {}

  /**
   * Registers the metadata of a POST body, or extends the stored one that is the same. Throws `Invalid`; then nothing
   * is stored.
   */
  register(body: Buffer | undefined): Promise<StoredMetadata> {
    return this.store.register(parseMetadata(body ?? Buffer.alloc(0)));
  }

  /** Throws `NotFound` for an unknown key. */
  async find(key: string): Promise<StoredMetadata> {
    const metadata = await this.store.find(key);
    if (!metadata) throw new NotFound(`there is no metadata ${key}`);
    return metadata;
  }

  /** The event type of the metadata, or `undefined` where either is unknown. */
  async findEventType(key: string, eventType: string): Promise<StoredEventType | undefined> {
    const metadata = await this.store.find(key);
    return metadata?.eventTypes.find((known) => known.eventType === eventType);
  }
}
