import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HttpAnswer } from './http-get.ts';

/** Where commands are posted to. */
export type CommandTarget = { readonly socketPath: string } | { readonly url: string };

/** Begins to post a command, on a connection of its own; the caller sends the body, or goes away. */
export function openCommand(target: CommandTarget, headers: Readonly<Record<string, string>> = {}): ClientRequest {
  const own = { host: 'localhost', 'content-type': 'application/json' };
  const options = { method: 'POST', path: '/v1/commands', headers: { ...own, ...headers }, agent: false as const };
  return 'url' in target ? request(target.url, options) : request({ ...target, ...options });
}

/** Posts a command, as text, bytes or an object, and returns what was answered. */
export async function postCommand(
  target: CommandTarget,
  command: string | object,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const asked = openCommand(target, headers);
  asked.end(typeof command === 'string' || Buffer.isBuffer(command) ? command : JSON.stringify(command));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}
