/** A name or an IPv4 address, or an IPv6 address in brackets; with a port or without (RFC 3986, 3.2.2). */
const HOST = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d{0,5})?$/i;

/** Whether a text can be the value of `Host`. It may be empty. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** How often a header stands in the head of a request, where Node keeps only one of them. */
export function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index] ?? '';
    if (header.length === name.length && header.toLowerCase() === name) count++;
  }
  return count;
}
