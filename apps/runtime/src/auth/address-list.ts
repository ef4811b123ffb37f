import { BlockList, isIPv6 } from 'node:net';
import { canonicalAddress } from './address.ts';

/** A text that should be an address or a network in CIDR notation. */
export class InvalidAddressError extends Error {
  override readonly name = 'InvalidAddressError';
  readonly code = 'INVALID_ADDRESS';
}

/**
 * A list of addresses (`10.0.0.1`, `2001:db8::5`) and networks (`10.0.0.0/8`, `2001:db8::/32`).
 * @throws InvalidAddressError that does not repeat the text.
 */
export function parseAddressList(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [base = '', prefix, ...rest] = text.split('/');
    const address = canonicalAddress(base);
    const isMapped = base.includes(':') && address !== null && !isIPv6(address);
    if (address === null || rest.length > 0 || (isMapped && prefix !== undefined)) throw new InvalidAddressError();
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) {
      list.addAddress(address, family);
      continue;
    }
    const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (!(bits <= (family === 'ipv6' ? 128 : 32))) throw new InvalidAddressError();
    list.addSubnet(address, bits, family);
  }
  return list;
}

/** Whether a canonical address is in the list. */
export function containsAddress(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
