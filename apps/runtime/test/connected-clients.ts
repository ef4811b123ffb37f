import type { WireTarget } from '@sessiond/testkit';
import { TerminalClient } from './terminal-client.ts';

/** The clients that somebody has connected, to be cut off together. */
export class ConnectedClients {
  readonly #clients: TerminalClient[] = [];

  /** Connects one more; over the socket, if the target has one. */
  async connect(target: WireTarget): Promise<TerminalClient> {
    const client = await TerminalClient.connect(target);
    this.#clients.push(client);
    return client;
  }

  /** Cuts off all that are connected; also those that have gone by themselves. */
  cut(): void {
    for (const client of this.#clients.splice(0)) client.cut();
  }
}
