import { type DynamicModule, Global, Module } from '@nestjs/common';
import { BackFill } from './back-fill.js';
import { Chunks } from './chunks.js';
import { Database } from './database.js';
import { DeleteStore } from './delete-store.js';
import { type StorageEngine } from './engine.js';
import { MetadataStore } from './metadata-store.js';
import { PointStore } from './point-store.js';
import { RollupStore } from './rollup-store.js';
import { SearchStore } from './search-store.js';
import { SeriesCache } from './series-cache.js';
import { SeriesStore } from './series-store.js';
import { SummaryStore } from './summary-store.js';
import { STORAGE_ENGINE } from './storage.tokens.js';
import { WriteQueue } from './write-queue.js';

const STORES = [
  BackFill,
  Database,
  Chunks,
  DeleteStore,
  MetadataStore,
  PointStore,
  RollupStore,
  SearchStore,
  SummaryStore,
  SeriesStore,
  SeriesCache,
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
