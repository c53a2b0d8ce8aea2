import { stat } from 'node:fs/promises';
import { type Manifest } from '../backup/format.js';

/** What a backup holds, in words: `2 metadata, 3 series, 1,000 points and 80 rollups`. */
export function contentsOf({ tables }: Manifest): string {
  const count = (table: string, name: string): string => `${(tables[table]?.rows ?? 0).toLocaleString('en')} ${name}`;
  const parts = [
    count('metadata', 'metadata'),
    count('series', 'series'),
    count('point', 'points'),
    count('rollup', 'rollups'),
    ...(tables['api_key'] ? [count('api_key', 'keys')] : []),
  ];
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** The length of a file, in words: `12.3 MB`. */
export async function sizeOf(file: string): Promise<string> {
  const { size } = await stat(file);
  const unit =
    size < 1e6 ? { name: 'kB', bytes: 1e3 } : size < 1e9 ? { name: 'MB', bytes: 1e6 } : { name: 'GB', bytes: 1e9 };
  return `${(size / unit.bytes).toFixed(1)} ${unit.name}`;
}
