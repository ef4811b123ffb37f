import type { Contender, Running } from './contenders/contender.ts';
import { contendersOfThisRun } from './contenders/field.ts';
import { onStage, type Stage } from './stage.ts';
import type { BenchRow } from './suite.ts';

/** What a suite of terminal servers has at hand while it measures. */
export interface FieldRun extends Stage {
  readonly contenders: readonly Contender[];
  /** The server that {@link FieldRun.startAll} started for a contender. */
  server(contender: Contender): Running;
  /** Starts one server per contender, all idle until they are used. */
  startAll(): Promise<void>;
  /** Ends them. */
  stopAll(): Promise<void>;
}

/** Sets the stage for a suite of terminal servers, see {@link onStage}. */
export function runField(measure: (run: FieldRun) => Promise<readonly BenchRow[]>): Promise<readonly BenchRow[]> {
  const servers = new Map<string, Running>();
  const contenders = contendersOfThisRun();
  return onStage((stage) =>
    measure({
      ...stage,
      contenders,
      server(contender) {
        const server = servers.get(contender.name);
        if (server === undefined) throw new Error(`Cannot use ${contender.name}: it was not started`);
        return server;
      },
      async startAll() {
        for (const contender of contenders) servers.set(contender.name, await contender.start(stage.bench));
      },
      async stopAll() {
        await Promise.all([...servers.values()].map((server) => server.stop()));
        servers.clear();
      },
    }),
  );
}
