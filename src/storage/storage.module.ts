import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AuditStore } from './audit-store.js';
import { BackFill } from './back-fill.js';
import { ChunkSpace } from './chunk-space.js';
import { ChunkSweep } from './chunk-sweep.js';
import { Chunks } from './chunks.js';
import { Database } from './database.js';
import { DeleteStore } from './delete-store.js';
import { DiskSpace } from './disk-space.js';
import { type StorageEngine } from './engine.js';
import { EventTypeStore } from './event-type-store.js';
import { ExpiredMetadata } from './expired-metadata.js';
import { ExpiredRows } from './expired-rows.js';
import { IdempotencyStore } from './idempotency-store.js';
import { ImportStore } from './import-store.js';
import { KeyStore } from './key-store.js';
import { LatestStore } from './latest-store.js';
import { MetadataStore } from './metadata-store.js';
import { NetworkStore } from './network-store.js';
import { PointStore } from './point-store.js';
import { Replica } from './replica.js';
import { RetentionStore } from './retention-store.js';
import { RollupCheck } from './rollup-check.js';
import { RollupStore } from './rollup-store.js';
import { SearchStore } from './search-store.js';
import { SealedBinStore } from './sealed-bin-store.js';
import { SeriesCache } from './series-cache.js';
import { SeriesStore } from './series-store.js';
import { SubjectStore } from './subject-store.js';
import { SummaryStore } from './summary-store.js';
import { STORAGE_ENGINE } from './storage.tokens.js';
import { WritePool } from './write-pool.js';
import { TallyStore } from './tally-store.js';
import { WriteQueue } from './write-queue.js';

const STORES = [
  AuditStore,
  BackFill,
  Database,
  Chunks,
  ChunkSpace,
  ChunkSweep,
  DeleteStore,
  DiskSpace,
  EventTypeStore,
  ExpiredMetadata,
  ExpiredRows,
  IdempotencyStore,
  ImportStore,
  KeyStore,
  LatestStore,
  MetadataStore,
  NetworkStore,
  PointStore,
  Replica,
  RetentionStore,
  RollupCheck,
  RollupStore,
  SealedBinStore,
  SearchStore,
  SubjectStore,
  SummaryStore,
  SeriesStore,
  SeriesCache,
  WritePool,
  TallyStore,
  WriteQueue,
];

/** Everything that speaks SQL. */
@Global()
@Module({})
export class StorageModule {
  static forEngine(engine: StorageEngine): DynamicModule {
    return {
      module: StorageModule,
      providers: [...STORES, { provide: STORAGE_ENGINE, useValue: engine }],
      exports: STORES,
    };
  }
}
