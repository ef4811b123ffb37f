import { AgentUnavailableError } from '../errors.ts';

/** What there is of the Agent Client Protocol's SDK. */
export type AcpSdk = typeof import('@agentclientprotocol/sdk');

/**
 * Loads the SDK, which is an optional peer, on first use; later calls cost nothing.
 * @throws AgentUnavailableError naming the package to install.
 */
export async function loadSdk(load: () => Promise<AcpSdk> = () => import('@agentclientprotocol/sdk')): Promise<AcpSdk> {
  try {
    return await load();
  } catch (cause) {
    throw new AgentUnavailableError(
      'Cannot run an ACP agent: its SDK cannot be loaded; install @agentclientprotocol/sdk 2.4 or a later 2.x',
      { cause },
    );
  }
}
