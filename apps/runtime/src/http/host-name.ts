import { isIP, isIPv4 } from 'node:net';

/** Whether an address to listen on, or the name in a Host header, can only mean this machine. */
export function isLoopback(name: string): boolean {
  const bare = unbracket(name).toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  return isIPv4(bare) && bare.startsWith('127.');
}

/** Whether the name is an IP address literal, with or without brackets. */
export function isAddressLiteral(name: string): boolean {
  return isIP(unbracket(name)) !== 0;
}

/** The name in a Host header, without its port; `null` when the header is not one name and at most one port. */
export function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/.exec(header ?? '');
  return match?.[1]?.toLowerCase() ?? null;
}

/** An address as it stands in a URL: IPv6 in brackets. */
export function urlHost(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

function unbracket(name: string): string {
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
