import { parseArgs } from 'node:util';

/** How the small agent behaves, from its command line. */
export interface AgentProgramOptions {
  /** Keeps conversations here, so that they can be listed and gone on with; without, it keeps none. */
  readonly folder?: string;
  /** How it goes on with a conversation: it tells all of it again, before or only after it answers, or it only knows. Default `load`. */
  readonly resumes: 'load' | 'late' | 'resume';
  /** Offers models and thinking levels: as settings, in the older way (models only), or not at all. Default `settings`. */
  readonly config: 'settings' | 'models' | 'none';
  /** Wants to be authenticated with before it opens a conversation. */
  readonly locked: boolean;
  /** Never answers to `initialize`. */
  readonly mute: boolean;
  /** The version of the protocol it speaks. */
  readonly version: number;
  /** Prints words that are no messages, on stdout and stderr, before it speaks. */
  readonly chatty: boolean;
}

/** Reads the command line. */
export function readAgentOptions(args: readonly string[]): AgentProgramOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      folder: { type: 'string' },
      resumes: { type: 'string', default: 'load' },
      config: { type: 'string', default: 'settings' },
      locked: { type: 'boolean', default: false },
      mute: { type: 'boolean', default: false },
      version: { type: 'string', default: '1' },
      chatty: { type: 'boolean', default: false },
    },
  });
  return {
    ...(values.folder !== undefined && { folder: values.folder }),
    resumes: values.resumes === 'resume' || values.resumes === 'late' ? values.resumes : 'load',
    config: values.config === 'models' || values.config === 'none' ? values.config : 'settings',
    locked: values.locked,
    mute: values.mute,
    version: Number(values.version),
    chatty: values.chatty,
  };
}
