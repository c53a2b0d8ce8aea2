import { userInfo } from 'node:os';
import { canonicalAddress } from '../common/address.js';
import { type Actor } from '../storage/access/audit-store.js';
import { type Scope } from './scope.js';
import { type SubjectLimits } from './subject-limits.js';

/** Who may do what: a key that was verified, or a network. */
export interface Rights {
  /** The number of the key; `null` where a network stands for it. */
  readonly id: number | null;
  readonly username: string;
  readonly scope: Scope;
  readonly limits: SubjectLimits | null;
}

/** Who makes a request, and from where. */
export class Caller implements Actor {
  constructor(
    readonly rights: Rights,
    /** The address as Node has it, of a client behind a trusted proxy the one that the proxy names. */
    readonly ip: string,
  ) {}

  get username(): string {
    return this.rights.username;
  }

  get keyId(): number | null {
    return this.rights.id;
  }

  get address(): string | null {
    return canonicalAddress(this.ip) ?? null;
  }

  /** What is used, for messages. */
  get name(): string {
    return `the ${this.rights.id === null ? 'network' : 'API key'} of ${this.rights.username}`;
  }
}

/** Who runs a command on the archive's machine. */
export function operator(): Actor {
  return { username: `cli:${systemUser()}`, keyId: null, address: null };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user without a name.
    return String(process.getuid?.() ?? 'unknown');
  }
}
