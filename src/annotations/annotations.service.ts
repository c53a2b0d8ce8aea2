import { Injectable } from '@nestjs/common';
import { type Caller } from '../auth/caller.js';
import { WriteLimits } from '../auth/write-limits.js';
import { Forbidden } from '../common/errors.js';
import { IdempotentWrites } from '../data/idempotent-writes.js';
import { type RequestKey } from '../http/idempotency-key.js';
import {
  type Annotation,
  type AnnotationSearch,
  type StoredAnnotation,
  type TagCount,
} from '../storage/annotations/annotation.js';
import { AnnotationStore } from '../storage/annotations/annotation-store.js';
import { subjectOfSession } from '../storage/registry/subject-store.js';
import { type AnnotationChangesObject, type NewAnnotationObject } from './annotation.dto.js';
import { changed, newAnnotation } from './annotation-changes.js';

/**
 * Stores, finds and changes annotations. A caller that is limited to some metadata may write those that belong to them,
 * or to a session of theirs; others throw `Forbidden`.
 */
@Injectable()
export class AnnotationsService {
  constructor(
    private readonly store: AnnotationStore,
    private readonly idempotent: IdempotentWrites,
    private readonly limits: WriteLimits,
  ) {}

  /**
   * Stores an annotation and returns its id: one with an `Idempotency-Key` once. See `AnnotationStore.create`; throws
   * `KeyReused`, too.
   * @param unit that of times, in micros.
   */
  async create(
    posted: NewAnnotationObject,
    unit: number,
    by: Caller,
    requestKey: RequestKey | undefined,
  ): Promise<number> {
    const wanted = newAnnotation(posted, unit);
    await this.check(by, wanted);
    if (!requestKey) return this.store.create(wanted, by);
    return this.idempotent.once(by, requestKey, (claim) => this.store.create(wanted, by, claim), Number);
  }

  /** See `AnnotationStore.list`. */
  list(search: AnnotationSearch): Promise<StoredAnnotation[]> {
    return this.store.list(search);
  }

  /** See `AnnotationStore.tags`. */
  tags(part: string, limit: number): Promise<TagCount[]> {
    return this.store.tags(part, limit);
  }

  /** See `AnnotationStore.find`. */
  find(id: number): Promise<StoredAnnotation> {
    return this.store.find(id);
  }

  /** Changes what is given of an annotation; what is absent stays. See `AnnotationStore.update`. */
  update(id: number, changes: AnnotationChangesObject, unit: number, by: Caller): Promise<void> {
    const change = async (stored: StoredAnnotation): Promise<Annotation> => {
      await this.check(by, stored);
      const wanted = changed(stored, changes, unit);
      await this.check(by, wanted);
      return wanted;
    };
    return this.store.update(id, change, by);
  }

  /** See `AnnotationStore.remove`. */
  remove(id: number, by: Caller): Promise<void> {
    return this.store.remove(id, (stored) => this.check(by, stored), by);
  }

  private async check(
    by: Caller,
    { session, metadataKey }: Pick<Annotation, 'session' | 'metadataKey'>,
  ): Promise<void> {
    if (metadataKey !== null) await this.limits.checkKeys(by, () => [metadataKey]);
    if (session !== null) this.limits.check(by, subjectOfSession(session));
    if (by.rights.limits && metadataKey === null && session === null)
      throw new Forbidden(`${by.name} may only write annotations that have a session or a metadata-key`);
  }
}
