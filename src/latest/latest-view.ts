import { Injectable } from '@nestjs/common';
import { formatSeconds } from '../common/time.js';
import { DATA_TYPES } from '../event-types/data-types.js';
import { MetadataView, subjectFields } from '../metadata/metadata-view.js';
import { type LatestPoint } from '../storage/points/latest-store.js';

/** Formats newest points for the wire. */
@Injectable()
export class LatestView {
  constructor(private readonly metadata: MetadataView) {}

  /** The JSON text of a point; a document is as it was stored, byte for byte. */
  text(point: LatestPoint): string {
    const series = {
      'metadata-key': point.key,
      'event-type': point.eventType,
      'base-uri': this.metadata.baseUri(point.key, point.eventType),
      ...subjectFields(point),
      age: secondsOf(point.now - point.micros),
      cadence: point.cadence === null ? null : secondsOf(point.cadence),
    };
    const value = DATA_TYPES[point.dataType].encode(point);
    return `${JSON.stringify(series).slice(0, -1)},"ts":${formatSeconds(point.micros)},"val":${value}}`;
  }
}

/** A duration in seconds, to the millisecond. */
function secondsOf(micros: number): number {
  return Math.round(micros / 1000) / 1000;
}
