/** The scopes of keys, weakest first; each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;

/** One of the scopes. */
export type Scope = (typeof SCOPES)[number];

/** Whether the scope `held` includes the scope `needed`. */
export function includes(held: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(held) >= SCOPES.indexOf(needed);
}
