import { isAbsolute, join } from 'node:path';
import type { DefaultContext, OptionTable } from '../option-spec.ts';

/** Where the daemon listens and keeps its files. */
export interface ListeningConfig {
  readonly host: string;
  readonly port: number;
  readonly noTcp: boolean;
  readonly stateDir: string;
  readonly socket: string;
  readonly noSocket: boolean;
}

/** The rows of the table for {@link ListeningConfig}. */
export const listeningOptions: OptionTable<ListeningConfig> = Object.freeze({
  host: {
    kind: 'text',
    placeholder: 'address',
    default: '127.0.0.1',
    help: 'Address to listen on over TCP.',
  },
  port: {
    kind: 'integer',
    placeholder: 'port',
    min: 0,
    max: 65_535,
    default: 3141,
    help: 'Port to listen on over TCP; 0 takes any free one and logs it.',
  },
  noTcp: { kind: 'flag', default: false, help: 'Do not listen on TCP.' },
  stateDir: {
    kind: 'path',
    placeholder: 'folder',
    default: ({ env, homeDir }) => join(xdg(env, 'XDG_STATE_HOME') ?? join(homeDir, '.local', 'state'), 'sessiond'),
    defaultText: '$XDG_STATE_HOME/sessiond, else ~/.local/state/sessiond',
    help: 'Folder for the token and everything else that outlives the daemon.',
  },
  socket: {
    kind: 'path',
    placeholder: 'path',
    default: ({ env, resolved }) => {
      const runtimeDir = xdg(env, 'XDG_RUNTIME_DIR');
      return runtimeDir === null
        ? join(resolved.stateDir!, 'sessiond.sock')
        : join(runtimeDir, 'sessiond', 'sessiond.sock');
    },
    defaultText: '$XDG_RUNTIME_DIR/sessiond/sessiond.sock, else sessiond.sock in the state folder',
    help: 'Unix socket to listen on.',
  },
  noSocket: { kind: 'flag', default: false, help: 'Do not listen on a Unix socket.' },
});

// The XDG rules: a relative path in one of these variables is to be ignored.
function xdg(env: DefaultContext['env'], name: string): string | null {
  const path = env[name];
  return path !== undefined && isAbsolute(path) ? path : null;
}
