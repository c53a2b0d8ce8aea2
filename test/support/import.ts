import { operator } from '../../src/auth/caller.js';
import { builtInDataType } from '../../src/event-types/catalogue.js';
import { type ImportPlace } from '../../src/import/import-archive.js';
import { ImportTarget } from '../../src/import/target.js';
import { BackFill } from '../../src/storage/rollups/back-fill.js';
import { ImportStore } from '../../src/storage/ingest/import-store.js';
import { MetadataStore } from '../../src/storage/registry/metadata-store.js';
import { SealedBinStore } from '../../src/storage/rollups/sealed-bin-store.js';
import { SeriesStore } from '../../src/storage/registry/series-store.js';
import { type TestArchive } from './archive.js';

/** An archive as imports see it. */
export function placeOf({ app }: TestArchive): ImportPlace {
  const imports = app.get(ImportStore);
  const stores = [app.get(MetadataStore), app.get(SeriesStore), imports, app.get(BackFill)] as const;
  return {
    target: new ImportTarget(...stores, builtInDataType, operator()),
    imports,
    sealed: app.get(SealedBinStore),
  };
}
