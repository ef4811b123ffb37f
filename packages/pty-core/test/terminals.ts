import { afterEach } from 'vitest';
import { childEnvironment, type Pty, type PtyEvent, PtyManager, type SpawnRequest } from '../src/index.ts';

/** A child's environment in which programs speak English. */
export const ENVIRONMENT: Readonly<Record<string, string>> = childEnvironment(process.env, { LC_ALL: 'C' });

export type SpawnOptions = Partial<SpawnRequest>;

/** A manager whose children are ended after each test. */
export class Terminals {
  readonly manager: PtyManager = new PtyManager();

  constructor() {
    afterEach(() => this.manager.terminateAll({ gracePeriodMs: 0 }));
  }

  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): Pty {
    return this.manager.spawn({ command, args, env: ENVIRONMENT, ...options });
  }

  /** Runs a script with sh. */
  sh(script: string, options: SpawnOptions = {}): Pty {
    return this.spawn('sh', ['-c', script], options);
  }
}

/** All events of a PTY from now on, without `pty.output`, whose number depends on how fast things go. */
export function eventsOf(pty: Pty): PtyEvent[] {
  const events: PtyEvent[] = [];
  pty.onEvent((event) => {
    if (event.type !== 'pty.output') events.push(event);
  });
  return events;
}

export function typesOf(events: readonly PtyEvent[]): string[] {
  return events.map(({ type }) => type);
}
