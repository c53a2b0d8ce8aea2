/**
 * A new name for one write, by which an archive knows its repeats. It must be unlikely to come twice, not hard to
 * guess, so that chance will do where there is no `randomUUID`: Node 18, and pages that came without TLS.
 */
export function newIdempotencyKey(): string {
  // Typed as always there, but it is not.
  const crypto = globalThis.crypto as Partial<Crypto> | undefined;
  if (crypto?.randomUUID) return crypto.randomUUID();
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => Math.floor(Math.random() * 16).toString(16));
}
