import { Injectable } from '@nestjs/common';
import { Forbidden } from '../common/errors.js';
import { type Subject, SubjectStore } from '../storage/registry/subject-store.js';
import { type Caller } from './caller.js';

/** Keeps callers whose writes are limited to some measurements from all others. Costs nothing for those who are not. */
@Injectable()
export class WriteLimits {
  constructor(private readonly subjects: SubjectStore) {}

  /** Throws `Forbidden` where the caller may not write to metadata with this subject. */
  check(caller: Caller, subject: Subject): void {
    const refusal = caller.rights.limits?.refusal(subject);
    if (refusal !== undefined) throw new Forbidden(`${caller.name} may not write here: ${refusal}`);
  }

  /** Throws `Forbidden` where the caller may not write to one of these metadata. Unknown ones are not its business. */
  async checkKeys(caller: Caller, keys: () => Iterable<string>): Promise<void> {
    if (!caller.rights.limits) return;
    for (const [key, subject] of await this.subjects.get(keys())) {
      const refusal = caller.rights.limits.refusal(subject);
      if (refusal !== undefined) throw new Forbidden(`${caller.name} may not write to metadata ${key}: ${refusal}`);
    }
  }
}
