import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { SUMMARY_KINDS } from '../rollups/summary-kinds.js';
import { type StoredEventType, type StoredMetadata } from '../storage/registry/metadata-store.js';
import { type Subject } from '../storage/registry/subject-store.js';
import { type EventTypeObject, type MetadataObject } from './metadata.dto.js';
import { type SubjectObject } from './subject.dto.js';

/** The subject of a metadata on the wire: the fields that it has. */
export function subjectFields(subject: Omit<Subject, 'subjectType'>): Pick<SubjectObject, keyof SubjectObject> {
  return {
    ...(subject.source !== null && { source: subject.source }),
    ...(subject.destination !== null && { destination: subject.destination }),
    ...(subject.measurementAgent !== null && { 'measurement-agent': subject.measurementAgent }),
    ...(subject.toolName !== null && { 'tool-name': subject.toolName }),
    ...(subject.inputSource !== null && { 'input-source': subject.inputSource }),
    ...(subject.inputDestination !== null && { 'input-destination': subject.inputDestination }),
  };
}

/** Gives stored metadata the shape they have on the wire. */
@Injectable()
export class MetadataView {
  /** The path of the archive, with the slash at its end. */
  private readonly root: string;

  constructor(config: AppConfig) {
    this.root = `${config.pathPrefix}/perfsonar/archive/`;
  }

  /** @param origin scheme and host for the absolute `url`. */
  metadata(stored: StoredMetadata, origin: string): MetadataObject {
    const uri = `${this.root}${stored.key}/`;
    return {
      url: `${origin}${uri}`,
      'metadata-key': stored.key,
      'subject-type': stored.subjectType,
      'event-types': stored.eventTypes.map((eventType) => this.eventType(stored.key, eventType)),
      ...subjectFields(stored),
      ...stored.parameters,
      uri,
    };
  }

  /** The path of the points of an event type. */
  baseUri(key: string, eventType: string): string {
    return `${this.root}${key}/${encodeURIComponent(eventType)}/base`;
  }

  eventType(key: string, { eventType, timeUpdated, summaries }: StoredEventType): EventTypeObject {
    const path = `${this.root}${key}/${encodeURIComponent(eventType)}`;
    return {
      'base-uri': this.baseUri(key, eventType),
      'event-type': eventType,
      'time-updated': timeUpdated,
      summaries: summaries.map(({ type, window }) => ({
        uri: `${path}/${SUMMARY_KINDS[type].path}/${window}`,
        'summary-type': type,
        'summary-window': String(window),
        'time-updated': timeUpdated,
      })),
    };
  }
}
