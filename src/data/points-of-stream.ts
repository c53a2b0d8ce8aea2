import { Invalid } from '../common/errors.js';
import { type MetadataStore } from '../storage/registry/metadata-store.js';
import { type SeriesOfMetadata } from '../storage/registry/series-store.js';

/** Whether a metadata is that of a stream, which is its only series. */
export function isStream(series: SeriesOfMetadata): boolean {
  const [first] = series.values();
  return first?.isStream === true;
}

/** Points of a stream have row numbers, so they are written through its session only. Throws `Invalid`, which says so. */
export async function refuseStream(store: MetadataStore, metadataKey: string): Promise<never> {
  const { session = '', stream = '' } = (await store.find(metadataKey))?.parameters ?? {};
  throw new Invalid(
    `metadata ${metadataKey} belongs to session ${session}: ` +
      `write to /api/v1/sessions/${session}/streams/${stream}/points`,
  );
}
