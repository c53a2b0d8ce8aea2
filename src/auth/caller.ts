import { userInfo } from 'node:os';
import { canonicalAddress } from '../common/address.js';
import { type Actor } from '../storage/access/audit-store.js';
import { type Scope } from './scope.js';
import { type SubjectLimits } from './subject-limits.js';

/** The rights of a verified key or of a network. */
export interface Rights {
  /** The number of the key; `null` for a network. */
  readonly id: number | null;
  readonly username: string;
  readonly scope: Scope;
  readonly limits: SubjectLimits | null;
}

/** The client of a request. */
export class Caller implements Actor {
  constructor(
    readonly rights: Rights,
    /** The address as Node formats it; behind a trusted proxy, the one that the proxy names. */
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

  /** The key or network, for messages. */
  get name(): string {
    return `the ${this.rights.id === null ? 'network' : 'API key'} of ${this.rights.username}`;
  }
}

/** The user of a command on the archive's machine. */
export function operator(): Actor {
  return { username: `cli:${systemUser()}`, keyId: null, address: null };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // The user of a container may have no name.
    return String(process.getuid?.() ?? 'unknown');
  }
}
