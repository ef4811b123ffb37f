import type { CommandHandlers } from './command-context.ts';

/** Commands about the terminal of one session. */
export const ptyCommands: Pick<
  CommandHandlers,
  'input' | 'resize' | 'signal' | 'terminate' | 'read_output' | 'get_buffer_stats' | 'wait_for'
> = {
  input: async ({ sessionId, data, dataBase64 }, { host, issuer }) => {
    issuer.assertMayDrive(sessionId);
    const bytes = data !== undefined ? Buffer.from(data) : Buffer.from(dataBase64!, 'base64');
    await host.write(sessionId, bytes);
    return { bytes: bytes.length };
  },
  resize: async ({ sessionId, cols, rows }, { host, issuer }) => {
    issuer.assertMayDrive(sessionId);
    return { cols, rows, changed: await host.resize(sessionId, cols, rows) };
  },
  signal: async ({ sessionId, signal }, { host, issuer }) => {
    issuer.assertMayDrive(sessionId);
    return { signal, pid: await host.signal(sessionId, signal) };
  },
  terminate: (command, { host, issuer }) => {
    issuer.assertMayDrive(command.sessionId);
    return host.terminate(command);
  },
  read_output: (command, { host }) => host.readOutput(command),
  get_buffer_stats: ({ sessionId }, { host }) => host.bufferStats(sessionId),
  wait_for: (command, { host, signal }) => host.waitFor(command, signal),
};
