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
  resize: async (command, { host, issuer, cause }) => {
    issuer.assertMayDrive(command.sessionId);
    const { cols, rows } = command;
    return { cols, rows, changed: await host.resize(command, cause) };
  },
  signal: async (command, { host, issuer, cause }) => {
    issuer.assertMayDrive(command.sessionId);
    return { signal: command.signal, pid: await host.signal(command, cause) };
  },
  terminate: (command, { host, issuer, cause }) => {
    issuer.assertMayDrive(command.sessionId);
    return host.terminate(command, cause);
  },
  read_output: (command, { host }) => host.readOutput(command),
  get_buffer_stats: ({ sessionId }, { host }) => host.bufferStats(sessionId),
  wait_for: (command, { host, signal }) => host.waitFor(command, signal),
};
