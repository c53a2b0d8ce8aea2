import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';

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

/** What the addresses of one client have in common: an IPv4 address itself, of an IPv6 address the first 64 bits. */
export function networkOf(text: string): string {
  const address = canonicalAddress(text.replace(/%.*$/, '')) ?? text;
  if (!isIPv6(address)) return address;
  const [before = [], after] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = after ? Array<string>(8 - before.length - after.length).fill('0') : [];
  return [...before, ...zeros, ...(after ?? [])].slice(0, 4).join(':');
}

/** The bits before the IPv4 address in an IPv4-mapped one. */
const MAPPED_BITS = 96;

/** A range of addresses. */
export class AddressRange {
  private readonly list = new BlockList();

  /** @param address in its canonical form. */
  private constructor(
    private readonly address: string,
    /** How many bits the addresses have in common. */
    readonly length: number,
  ) {
    this.list.addSubnet(address, length, familyOf(address));
  }

  /** Reads `192.0.2.0/24`, or one address alone. `undefined` for anything else. */
  static parse(text: string): AddressRange | undefined {
    const [, literal = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const address = canonicalAddress(literal);
    if (address === undefined) return undefined;
    const width = isIPv4(address) ? 32 : 128;
    const isMapped = width === 32 && !isIPv4(literal);
    const length = bits === undefined ? width : Number(bits) - (isMapped ? MAPPED_BITS : 0);
    return length >= 0 && length <= width ? new AddressRange(address, length) : undefined;
  }

  /** Whether an address, in its canonical form, lies within. */
  contains(address: string): boolean {
    return this.list.check(address, familyOf(address));
  }

  toString(): string {
    return `${this.address}/${this.length}`;
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
