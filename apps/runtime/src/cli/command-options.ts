import type { Config } from '../config/config.ts';

/** What a command that serves clients works with. */
export interface CommandOptions {
  readonly config: Config;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}
