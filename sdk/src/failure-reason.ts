/** What `fetch` says of a failure hides in its cause, and the cause of that. */
export function reasonOf(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) texts.push(at.message);
  return [...new Set(texts)].filter((text) => text !== '').join(': ') || 'unknown reason';
}
