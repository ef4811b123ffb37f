import { createServer, type ListenOptions, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listenTcp } from './listen.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on a machine whose names have been given the address `resolved`. */
function serverWhere(resolved: string): Server {
  const server = createServer();
  const listen = server.listen.bind(server) as (options: ListenOptions, listening: () => void) => Server;
  server.listen = ((options: ListenOptions, listening: () => void) =>
    listen({ ...options, host: resolved }, listening)) as Server['listen'];
  servers.push(server);
  return server;
}

describe('a name that should mean this machine only', () => {
  it('is listened on when it does', async () => {
    const url = await listenTcp(serverWhere('127.0.0.1'), { host: 'my.localhost', port: 0 });
    expect(url).toMatch(/^http:\/\/my\.localhost:\d+$/);
  });

  it('is refused when its address is another one', async () => {
    const server = serverWhere('0.0.0.0');
    await expect(listenTcp(server, { host: 'my.localhost', port: 0 })).rejects.toMatchObject({
      code: 'CONFIG_UNSAFE',
      message: expect.stringContaining('but its address is 0.0.0.0'),
    });
    expect(server.listening).toBe(false);
  });
});
