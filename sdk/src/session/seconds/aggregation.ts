import { type HandedColumns, type HandedSecond } from '../backend.js';
import { NUMBERS, TEXTS } from './bin.js';
import { Seconds } from './seconds.js';
import { SpillFile } from './spill-file.js';

/** Sums up the streams of a session that ask for it, second by second. */
export class Aggregation {
  private readonly metrics = new Map<string, Seconds<number>>();
  private readonly events = new Map<string, Seconds<string>>();
  private readonly spill = new SpillFile();

  /** @param start of the session, µs since 1970-01-01 UTC. */
  constructor(private readonly start: number) {}

  /** Adds points, and returns the seconds that are to be handed out now. Throws where the disk is full. */
  add(...[table, stream, data]: HandedColumns): HandedSecond[] {
    if (!stream.aggregate) return [];
    return table === 'metrics'
      ? stored(this.metrics, stream.id, () => new Seconds(stream, NUMBERS, this.start, this.spill)).add(
          data.ts,
          data.value,
        )
      : stored(this.events, stream.id, () => new Seconds(stream, TEXTS, this.start, this.spill)).add(
          data.ts,
          data.value,
        );
  }

  /** Returns all seconds that were not handed out yet; nothing may be added from then on. */
  finish(): HandedSecond[] {
    const rest = [...this.metrics.values(), ...this.events.values()].flatMap((seconds) => seconds.rest());
    this.spill.close();
    return rest;
  }
}

/** The value of a key in a map, where it is put if it is not there. */
function stored<T>(map: Map<string, T>, key: string, create: () => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}
