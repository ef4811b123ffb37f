import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import { containsAddress } from './address-list.ts';
import type { AuthProvider, AuthResult } from './auth-provider.ts';
import type { RemoteAddressOf } from './remote-address.ts';

const ALLOWED: AuthResult = Object.freeze({ ok: true });
const REFUSED: AuthResult = Object.freeze({ ok: false, message: 'This address may not connect', code: 'FORBIDDEN' });

/** Has nothing against requests from these addresses, and refuses the others; also those of which nobody knows where they come from. */
export class IpAllowList implements AuthProvider {
  readonly #addresses: BlockList;
  readonly #remoteAddress: RemoteAddressOf;

  constructor(addresses: BlockList, remoteAddress: RemoteAddressOf) {
    this.#addresses = addresses;
    this.#remoteAddress = remoteAddress;
  }

  async authenticate(request: IncomingMessage): Promise<AuthResult> {
    const address = this.#remoteAddress(request);
    return address !== null && containsAddress(this.#addresses, address) ? ALLOWED : REFUSED;
  }
}
