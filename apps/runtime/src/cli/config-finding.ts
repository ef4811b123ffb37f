/** One thing that was looked at, and what was found. */
export interface ConfigFinding {
  /** `problem`: a daemon would not start like this. `note`: it would, and somebody may want to know. */
  readonly status: 'ok' | 'note' | 'problem';
  readonly check: 'options' | 'state-folder' | 'socket' | 'port' | 'file' | 'agents';
  /** One sentence, without the value of any secret. */
  readonly message: string;
}
