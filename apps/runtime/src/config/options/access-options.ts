import { tokenFilePath } from '@sessiond/token-file';
import type { OptionTable } from '../option-spec.ts';

/** Who may come in. */
export interface AccessConfig {
  readonly auth: 'token' | 'none' | 'module';
  readonly authModule: string | null;
  readonly tokenFile: string;
  readonly allowIp: readonly string[];
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly behindProxy: boolean;
  readonly trustedProxy: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly ticketMs: number;
  readonly authFailuresPerMinute: number;
  readonly auditLog: string | null;
}

/** The rows of the table for {@link AccessConfig}. */
export const accessOptions: OptionTable<AccessConfig> = Object.freeze({
  auth: {
    kind: 'choice',
    choices: ['token', 'none', 'module'],
    default: 'token',
    help: 'What TCP clients have to show; "none" only works on a loopback address, "module" asks --auth-module.',
  },
  authModule: {
    kind: 'path',
    placeholder: 'file',
    noneWord: 'off',
    default: null,
    defaultText: 'off',
    help: 'JavaScript module that decides who TCP clients are; it exports createAuthProvider.',
  },
  tokenFile: {
    kind: 'path',
    placeholder: 'file',
    default: ({ resolved }) => tokenFilePath(resolved.stateDir!),
    defaultText: 'tokens.json in the state folder',
    help: 'File of named tokens, which "sessionctl token" writes; its folder must exist.',
  },
  allowIp: {
    kind: 'list',
    placeholder: 'address',
    default: [],
    help: 'Address or network that TCP clients may come from, such as 10.0.0.0/8, besides what they have to show; repeatable; any without.',
  },
  tlsCert: {
    kind: 'path',
    placeholder: 'file',
    noneWord: 'off',
    default: null,
    defaultText: 'off',
    help: 'Certificate for TLS as PEM, with those that lead to its root; read again when it changes, and on SIGHUP.',
  },
  tlsKey: {
    kind: 'path',
    placeholder: 'file',
    noneWord: 'off',
    default: null,
    defaultText: 'off',
    help: 'Private key of --tls-cert as PEM.',
  },
  behindProxy: {
    kind: 'flag',
    default: false,
    help: 'A proxy in front terminates TLS; with this or TLS the daemon listens beyond loopback.',
  },
  trustedProxy: {
    kind: 'list',
    placeholder: 'address',
    default: ['127.0.0.0/8', '::1'],
    help: 'Address or network of the proxy, whose last entry in X-Forwarded-For is believed; only with --behind-proxy; repeatable.',
  },
  allowOrigin: {
    kind: 'list',
    placeholder: 'origin',
    default: [],
    help: 'Origin of a web page that may connect, such as https://term.example.com; repeatable.',
  },
  ticketMs: {
    kind: 'integer',
    placeholder: 'ms',
    min: 1_000,
    max: 600_000,
    default: 30_000,
    help: 'How long a web page has to use a ticket.',
  },
  authFailuresPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 1_000_000,
    default: 20,
    help: 'Wrong credentials from one address, or one IPv6 /64, before it has to wait.',
  },
  auditLog: {
    kind: 'text',
    placeholder: 'file',
    noneWord: 'off',
    default: null,
    defaultText: 'off',
    help: 'Where to write down who did what: "log" for the log, or the path of a file.',
  },
});
