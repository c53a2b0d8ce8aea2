import { type FieldValue } from './declared.js';
import { type Measurement } from './measurement.js';
import { textOfMicros } from './time.js';

/** A record. */
export class DataEntry {
  constructor(
    readonly measurement: Measurement,
    readonly fields: Readonly<Record<string, FieldValue>>,
    readonly tags: Readonly<Record<string, string>>,
    /** µs since 1970-01-01 UTC. */
    readonly micros: number,
  ) {}

  /** ISO 8601 with microseconds. */
  get time(): string {
    return textOfMicros(this.micros);
  }

  /** As JSON, a `bigint` is the nearest number. */
  toJSON(): object {
    const fields = Object.entries(this.fields).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? Number(value) : value,
    ]);
    const { measurement, tags, time } = this;
    return { measurement: measurement.name, fields: Object.fromEntries(fields) as object, tags, time };
  }
}

/** Something that took a while. */
export class LoggedEvent {
  /** @param tags need not be declared. */
  constructor(
    readonly measurement: Measurement,
    /** µs since 1970-01-01 UTC. */
    readonly startMicros: number,
    readonly stopMicros: number,
    readonly tags: Readonly<Record<string, string>>,
  ) {}

  /** Seconds since 1970-01-01 UTC. */
  get start(): number {
    return this.startMicros / 1_000_000;
  }

  /** Seconds since 1970-01-01 UTC. */
  get stop(): number {
    return this.stopMicros / 1_000_000;
  }

  /** As an annotation of Grafana, in whole milliseconds. */
  toJSON(): { time: number; timeEnd: number; tags: string[]; text: string } {
    return {
      time: Math.floor(this.startMicros / 1000),
      timeEnd: Math.floor(this.stopMicros / 1000),
      tags: Object.entries(this.tags).map(([name, value]) => `${name}:${value}`),
      text: this.measurement.name,
    };
  }
}
