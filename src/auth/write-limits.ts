import { Injectable } from '@nestjs/common';
import { Forbidden } from '../common/errors.js';
import { type Subject, SubjectStore } from '../storage/registry/subject-store.js';
import { type Caller } from './caller.js';

/** Enforces the limits of callers that may write only to some metadata. Costs nothing for other callers. */
@Injectable()
export class WriteLimits {
  constructor(private readonly subjects: SubjectStore) {}

  /** Throws `Forbidden` if the caller may not write to metadata with this subject. */
  check(caller: Caller, subject: Subject): void {
    const refusal = caller.rights.limits?.refusal(subject);
    if (refusal !== undefined) throw new Forbidden(`${caller.name} may not write here: ${refusal}`);
  }

  /** Throws `Forbidden` if the caller may not write to one of these metadata. Ignores unknown metadata. */
  async checkKeys(caller: Caller, keys: () => Iterable<string>): Promise<void> {
    if (!caller.rights.limits) return;
    for (const [key, subject] of await this.subjects.get(keys())) {
      const refusal = caller.rights.limits.refusal(subject);
      if (refusal !== undefined) throw new Forbidden(`${caller.name} may not write to metadata ${key}: ${refusal}`);
    }
  }
}
