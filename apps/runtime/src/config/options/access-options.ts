import { tokenFilePath } from '@sessiond/token-file';
import type { OptionTable } from '../option-spec.ts';

/** Who may come in. */
export interface AccessConfig {
  readonly auth: 'token' | 'none';
  readonly behindProxy: boolean;
  readonly allowOrigin: readonly string[];
  readonly tokenFile: string;
  readonly authFailuresPerMinute: number;
}

/** The rows of the table for {@link AccessConfig}. */
export const accessOptions: OptionTable<AccessConfig> = Object.freeze({
  auth: {
    kind: 'choice',
    choices: ['token', 'none'],
    default: 'token',
    help: 'What TCP clients have to show; "none" only works on a loopback address.',
  },
  behindProxy: {
    kind: 'flag',
    default: false,
    help: 'A proxy in front terminates TLS; needed to listen beyond loopback.',
  },
  allowOrigin: {
    kind: 'list',
    placeholder: 'origin',
    default: [],
    help: 'Origin of a web page that may connect, such as https://term.example.com; repeatable.',
  },
  tokenFile: {
    kind: 'path',
    placeholder: 'file',
    default: ({ resolved }) => tokenFilePath(resolved.stateDir!),
    defaultText: 'tokens.json in the state folder',
    help: 'File of named tokens, which "sessionctl token" writes; its folder must exist.',
  },
  authFailuresPerMinute: {
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 1_000_000,
    default: 20,
    help: 'Wrong credentials from one address, or one IPv6 /64, before it has to wait.',
  },
});
