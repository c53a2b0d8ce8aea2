import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AnnotationStore } from './annotations/annotation-store.js';
import { ActiveRules } from './rules/active-rules.js';
import { AuditStore } from './access/audit-store.js';
import { BatchParts } from './ingest/parts/batch-parts.js';
import { BatchWriter } from './ingest/batch-writer.js';
import { BackFill } from './rollups/back-fill.js';
import { ChunkSpace } from './hypertables/chunk-space.js';
import { ChunkSweep } from './removal/chunk-sweep.js';
import { Chunks } from './hypertables/chunks.js';
import { CommitFeed } from './ingest/commit-feed.js';
import { CommitMetrics } from './ingest/commit-metrics.js';
import { Database } from '../postgres/database.js';
import { BinOwner, PointOwner } from './registry/data-owners.js';
import { CutOffStore } from './registry/cut-off-store.js';
import { DatabaseRemoval } from './removal/database-removal.js';
import { DatabaseStore } from './databases/database-store.js';
import { DeleteStore } from './removal/delete-store.js';
import { DiskSpace } from '../postgres/disk-space.js';
import { type StorageEngine } from './hypertables/engine.js';
import { EventStore } from './events/event-store.js';
import { EventTypeStore } from './registry/event-type-store.js';
import { ExpiredMetadata } from './removal/expired-metadata.js';
import { FieldSeriesStore } from './databases/field-series-store.js';
import { FieldStore } from './databases/field-store.js';
import { FinishedBinStore } from './rollups/finished-bin-store.js';
import { IdempotencyStore } from './ingest/idempotency-store.js';
import { ImportStore } from './ingest/import-store.js';
import { KeyStore } from './access/key-store.js';
import { LatestStore } from './points/latest-store.js';
import { MetadataStore } from './registry/metadata-store.js';
import { NetworkStore } from './access/network-store.js';
import { Packer } from './points/packer.js';
import { PointStore } from './points/point-store.js';
import { Replica } from '../postgres/replica.js';
import { RetentionStore } from './removal/retention-store.js';
import { RollupCheck } from './rollups/rollup-check.js';
import { RollupStore } from './rollups/rollup-store.js';
import { RuleStore } from './rules/rule-store.js';
import { SearchStore } from './registry/search-store.js';
import { SealedBinStore } from './rollups/sealed-bin-store.js';
import { SegmentCheck } from './points/segment-check.js';
import { SensorCache, SensorStore } from './registry/sensor-store.js';
import { SeriesCache } from './registry/series-cache.js';
import { SeriesFactsStore } from './registry/series-facts.js';
import { SeriesStore } from './registry/series-store.js';
import { SessionStore } from './sessions/session-store.js';
import { StreamCache } from './sessions/stream-cache.js';
import { StreamStore } from './sessions/stream-store.js';
import { SubjectStore } from './registry/subject-store.js';
import { SummaryStore } from './rollups/summary-store.js';
import { StreamLedger } from './sessions/stream-ledger.js';
import { TaggedMetadataStore } from './registry/tagged-metadata-store.js';
import { STORAGE_ENGINE } from './hypertables/storage-engine.token.js';
import { PipelinedPool } from '../postgres/pipelined-pool.js';
import { UploadStore } from './sessions/upload-store.js';
import { UsageStore } from './access/usage-store.js';
import { WriteQueue } from './ingest/write-queue.js';

const STORES = [
  ActiveRules,
  AnnotationStore,
  AuditStore,
  BackFill,
  BatchParts,
  BatchWriter,
  Chunks,
  ChunkSpace,
  ChunkSweep,
  CommitFeed,
  CommitMetrics,
  CutOffStore,
  DatabaseRemoval,
  DatabaseStore,
  DeleteStore,
  EventStore,
  EventTypeStore,
  ExpiredMetadata,
  FieldSeriesStore,
  FieldStore,
  FinishedBinStore,
  IdempotencyStore,
  ImportStore,
  KeyStore,
  LatestStore,
  MetadataStore,
  NetworkStore,
  Packer,
  PointStore,
  RetentionStore,
  RollupCheck,
  RollupStore,
  RuleStore,
  SealedBinStore,
  SearchStore,
  SegmentCheck,
  SensorCache,
  SensorStore,
  SessionStore,
  StreamLedger,
  StreamCache,
  StreamStore,
  SubjectStore,
  SummaryStore,
  SeriesStore,
  SeriesCache,
  SeriesFactsStore,
  TaggedMetadataStore,
  UploadStore,
  UsageStore,
  WriteQueue,
];

/** What the stores are built on: open, and migrated. */
export interface StorageParts {
  readonly database: Database;
  /** The connections of the write queue. */
  readonly pipelined: PipelinedPool;
  readonly disk: DiskSpace;
  readonly engine: StorageEngine;
}

/** Everything that speaks SQL. */
@Global()
@Module({})
export class StorageModule {
  static over({ database, pipelined, disk, engine }: StorageParts): DynamicModule {
    const parts = [
      { provide: Database, useValue: database },
      { provide: Replica, useFactory: () => database.replica },
      { provide: PipelinedPool, useValue: pipelined },
      { provide: DiskSpace, useValue: disk },
    ];
    return {
      module: StorageModule,
      providers: [
        ...STORES,
        ...parts,
        { provide: STORAGE_ENGINE, useValue: engine },
        { provide: PointOwner, useExisting: PointStore },
        { provide: BinOwner, useExisting: BackFill },
      ],
      exports: [...STORES, ...parts],
    };
  }
}
