import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/config.js';
import { type Actor } from '../../storage/access/audit-store.js';
import { FieldSeriesStore, type RegisterOptions } from '../../storage/databases/field-series-store.js';
import { type FieldType } from '../../storage/databases/field-store.js';
import { type SeriesRef } from '../../storage/registry/series-store.js';
import { type ParsedLines } from '../parse/parsed-lines.js';
import { type KnownHead, NO_ROOM, TIME } from './known-head.js';
import { KnownHeads } from './known-heads.js';

/** The fields of heads that are not known yet, each with the type of its first value. */
type UnknownFields = Map<KnownHead, Map<string, FieldType>>;

/** Finds the series of lines, and registers those that are new. */
@Injectable()
export class LineSeries {
  private readonly options: RegisterOptions;

  constructor(
    private readonly heads: KnownHeads,
    private readonly store: FieldSeriesStore,
    { influxCreate, seriesLimit }: AppConfig,
  ) {
    this.options = { mayCreate: influxCreate === 'auto', seriesLimit };
  }

  /**
   * The series of each value; `undefined` where the database has no room for its metadata, or it can't be stored for its
   * name. Throws what `FieldSeriesStore.register` throws.
   */
  async find(lines: ParsedLines<KnownHead>, database: string, by: Actor): Promise<(SeriesRef | undefined)[]> {
    const { series, unknown } = look(lines);
    if (unknown.size === 0) return series;
    const wanted = [...unknown].map(([{ measurement, tags }, fields]) => ({ measurement, tags, fields }));
    const registered = await this.store.register(database, wanted, by, this.options);
    for (const [index, head] of [...unknown.keys()].entries()) {
      head.registered = registered[index];
      if (head.registered) this.heads.keep(head);
    }
    return look(lines).series;
  }

  /** Forgets the series of lines, of which some have changed. */
  forget({ heads }: ParsedLines<KnownHead>): void {
    for (const head of heads) this.heads.forget(head);
  }
}

function look({ heads, ends, fields, types }: ParsedLines<KnownHead>): {
  series: (SeriesRef | undefined)[];
  unknown: UnknownFields;
} {
  const series: (SeriesRef | undefined)[] = [];
  const unknown: UnknownFields = new Map();
  for (let line = 0; line < heads.length; line++) {
    const head = heads[line] as KnownHead; // within the bounds
    const ofHead = head.registered?.series;
    const end = ends[line] ?? 0;
    while (series.length < end) {
      const field = fields[series.length] ?? '';
      const ref = ofHead?.get(field);
      if (!ref && field !== TIME && !head.hasTimeTag && head !== NO_ROOM)
        want(unknown, head, field, types[series.length] ?? 'float');
      series.push(ref);
    }
  }
  return { series, unknown };
}

function want(unknown: UnknownFields, head: KnownHead, field: string, type: FieldType): void {
  let fields = unknown.get(head);
  if (!fields) unknown.set(head, (fields = new Map<string, FieldType>()));
  if (!fields.has(field)) fields.set(field, type);
}
