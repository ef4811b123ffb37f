import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** The groups of an IPv6 address that stand for one customer of a provider: 64 bits. */
const NETWORK_GROUPS = 4;

/**
 * An IP address in the one form it is compared in: an IPv4 address that came as IPv6 (`::ffff:10.0.0.1`) as IPv4, IPv6 in lower case,
 * shortened and without a zone. `null` for what is no address.
 */
export function canonicalAddress(text: string): string | null {
  const bare = text.split('%', 1)[0]!;
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return null;
  const { address } = new SocketAddress({ family: 'ipv6', address: bare });
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  return mapped ?? address;
}

/**
 * Whom an address stands for where attempts are counted: an IPv4 address for itself, an IPv6 address for its /64, because whoever has one
 * has all of them.
 */
export function addressBlock(address: string): string {
  return isIPv6(address) ? `${groups(address).slice(0, NETWORK_GROUPS).join(':')}::/64` : address;
}

/** The eight groups of a canonical IPv6 address. */
function groups(address: string): string[] {
  const [head = '', tail] = address.split('::', 2);
  const parts = (text: string): string[] => text.split(':').filter((part) => part !== '');
  const [before, after] = [parts(head), parts(tail ?? '')];
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
