import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** What was answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks over a Unix socket, or over TCP at `url`, on a connection of its own. */
export async function httpGet(
  target: { readonly socketPath: string } | { readonly url: string },
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const options = { path, headers: { host: 'localhost', ...headers }, agent: false as const };
  const asked = 'url' in target ? request(target.url, options) : request({ ...target, ...options });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}
