import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PrometheusSink } from '../src/prometheus.ts';

/** A sink behind HTTP on this machine, as a program would serve it. */
export interface ScrapeTarget extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** What a scrape gets. */
  scrape(): Promise<{ readonly text: string; readonly contentType: string }>;
}

export async function serve(sink: PrometheusSink): Promise<ScrapeTarget> {
  const server = createServer(async (_, response) => {
    const text = await sink.expose();
    response.writeHead(200, { 'content-type': sink.contentType }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    async scrape() {
      const response = await fetch(`http://${address}/metrics`, { headers: { connection: 'close' } });
      return { text: await response.text(), contentType: response.headers.get('content-type')! };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
