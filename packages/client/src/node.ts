import { Client } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import { type NodeDialOptions, nodeDialer } from './transports/node.ts';

export type { NodeAddress, NodeDialOptions } from './transports/node.ts';
export { nodeDialer };

/**
 * Connects to a daemon from Node, over its Unix socket or its URL.
 *
 * @throws TypeError for a URL that cannot be used; otherwise as {@link Client.open}.
 */
export async function connect(options: NodeDialOptions & ClientOptions): Promise<Client> {
  return Client.open(nodeDialer(options), options);
}
