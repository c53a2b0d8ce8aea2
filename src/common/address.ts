import { isIP, isIPv4, SocketAddress } from 'node:net';

/**
 * The canonical form of a literal IPv4 or IPv6 address, as PostgreSQL prints it (RFC 5952); an IPv4-mapped one
 * becomes the IPv4 address. `undefined` for anything else: names, ranges, zone ids, blanks, `010.1.1.1`.
 */
export function canonicalAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes('%')) return undefined;
  if (family === 4) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const mapped = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : '';
  return isIPv4(mapped) ? mapped : address;
}
