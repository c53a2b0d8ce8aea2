import { type MetaFilter } from '../sessions/meta-filter.js';
import { type AnnotationKind } from './annotation-sources.js';

/** What clients say of an annotation. Times in micros. */
export interface Annotation {
  readonly begin: number;
  /** Inclusive; `null` while the interval is open. */
  readonly until: number | null;
  readonly text: string;
  readonly tags: readonly string[];
  /** The session and the metadata that it belongs to: it is deleted with them. */
  readonly session: string | null;
  readonly metadataKey: string | null;
  /** The text of a JSON object. */
  readonly data: string;
}

/** An annotation to be stored; it begins at the database's time unless given, and is a mark without `until`. */
export interface NewAnnotation extends Omit<Annotation, 'begin' | 'until'> {
  readonly begin: number | undefined;
  readonly until: number | null | undefined;
}

/** An annotation as readers see it. All times in micros; `data` of an open one has `"open": true`. */
export interface StoredAnnotation extends Annotation {
  readonly kind: AnnotationKind;
  /** 0 for those of other kinds than `annotation`. */
  readonly id: number;
  /** `until`, or the database's time while it is open. */
  readonly end: number;
  readonly username: string;
  readonly created: number;
  readonly updated: number;
}

/** Which annotations to list; an absent condition restricts nothing. */
export interface AnnotationSearch {
  readonly kind?: AnnotationKind | undefined;
  /** Those that overlap these bounds (micros), both inclusive. An open one has no end. */
  readonly from: number;
  readonly to: number;
  readonly tags: readonly string[];
  /** Whether one of the tags is enough. */
  readonly matchAny: boolean;
  readonly session?: string | undefined;
  readonly metadataKey?: string | undefined;
  readonly data: MetaFilter;
  readonly limit: number;
}

/** A tag, and how many annotations have it. */
export interface TagCount {
  readonly tag: string;
  readonly count: number;
}
