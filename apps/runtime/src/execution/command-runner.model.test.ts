import { type Command, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import fc from 'fast-check';
import pino from 'pino';
import { expect, it } from 'vitest';
import { Admission } from '../admission/admission.ts';
import { NO_LIMITS } from '../admission/limits-fixture.ts';
import type { CommandContext, CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { CommandLanes } from './command-lanes.ts';
import type { RunningCommand } from './command-run.ts';
import { CommandRunner } from './command-runner.ts';
import { Deadlines } from './deadlines.ts';
import { OutcomeStore } from './outcome-store.ts';
import { SessionLocks } from './session-locks.ts';

type Answer = Readonly<Record<string, unknown>>;

/** What was sent, and what came of it. */
interface Sent {
  readonly command: Command;
  readonly running: RunningCommand | undefined;
  readonly answers: Answer[];
  readonly sentAt: number;
}

/** One execution. */
interface Execution {
  readonly id: string;
  readonly lane: string | undefined;
  readonly end: (fails: boolean) => void;
  over: boolean;
}

/** Breakers stand by, and none opens. */
const LIMITS = {
  ...NO_LIMITS,
  spawnFailuresPerPrincipal: 1000,
  spawnFailuresTotal: 1000,
  bashTimeoutsPerSession: 1000,
  bashTimeoutsTotal: 1000,
};

/** A runner with handlers that end when they are told to, and a clock that moves when it is told to. */
class World {
  nowMs = 0;
  readonly sent: Sent[] = [];
  readonly executions: Execution[] = [];
  readonly #timers = new Map<object, { readonly act: () => void; readonly atMs: number }>();
  readonly #runner: CommandRunner;
  readonly #issuer = { principal: { id: 'ada', scopes: ['*'] }, connectionId: 'c' } as unknown as CommandIssuer;
  #steps = 0;

  constructor() {
    const logger = pino({ level: 'silent' });
    const now = (): number => this.nowMs;
    const timers = {
      set: (act: () => void, delayMs: number): object => {
        const timer = {};
        this.#timers.set(timer, { act, atMs: this.nowMs + delayMs });
        return timer;
      },
      clear: (timer: unknown): void => void this.#timers.delete(timer as object),
    };
    const limits = { maxOutcomes: 1000, outcomeBytes: 1e6, maxIdempotencyKeys: 100, idempotencyBytes: 1e6 };
    this.#runner = new CommandRunner({
      host: { facts: () => ({ owner: 'ada', instance: 'i', version: 1 }) } as unknown as SessionHost,
      authorizer: { fault: () => undefined, covers: () => true, maySee: () => true },
      handlers: {
        bash: this.#handle,
        get_state: this.#handle,
        cancel_command: ({ commandId }: Command<'cancel_command'>, { cancel }: CommandContext) => ({
          commandId,
          cancelled: cancel(commandId),
        }),
      } as unknown as CommandHandlers,
      server: {} as ServerFacts,
      admission: new Admission({ limits: LIMITS, logger, now }),
      lanes: new CommandLanes({ maxWaiting: 3, maxWaitMs: 2_000_000, now }),
      locks: new SessionLocks({ maxWaiting: 3, maxWaitMs: 2_000_000, now }),
      outcomes: new OutcomeStore({ limits: { ...limits, idempotencyMs: 600_000 }, now }),
      deadlines: new Deadlines({ now, timers }),
      logger,
      now,
    });
  }

  readonly #handle = ({ id, type, sessionId }: Command): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const execution: Execution = {
        id: id!,
        lane: type === 'bash' ? sessionId : undefined,
        over: false,
        end: (fails) => {
          execution.over = true;
          if (fails) reject(new ProtocolError('SPAWN_FAILED', 'it failed'));
          else resolve({ sessionId } as ResponseDataOf<'bash'>);
        },
      };
      this.executions.push(execution);
    });

  send(command: Command): void {
    const answers: Answer[] = [];
    const running = this.#runner.run(command, this.#issuer, ({ text }) => answers.push(JSON.parse(text) as Answer));
    this.sent.push({ command, running, answers, sentAt: this.#steps++ });
  }

  cancel(commandId: string): void {
    this.#runner.run({ type: 'cancel_command', commandId }, this.#issuer, () => {});
  }

  abandon(at: number): void {
    const sent = this.sent[at % Math.max(this.sent.length, 1)];
    sent?.running?.abandon(new ProtocolError('CANCELLED', 'The connection has ended'));
  }

  end(at: number, fails: boolean): void {
    const open = this.executions.filter(({ over }) => !over);
    open[at % Math.max(open.length, 1)]?.end(fails);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const [timer, { act, atMs }] of [...this.#timers]) {
      if (atMs <= this.nowMs && this.#timers.delete(timer)) act();
    }
  }

  /** Ends everything that began, and what begins because of that. */
  async finish(): Promise<void> {
    await settle();
    while (this.executions.some(({ over }) => !over)) {
      this.end(0, false);
      await settle();
    }
  }

  get inFlight(): number {
    return this.#runner.snapshot().inFlight;
  }
}

async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
const command = fc
  .record({
    id: fc.constantFrom(...ids),
    lane: fc.constantFrom('s', 't', undefined),
    timeoutMs: fc.constantFrom(50, 1_000_000),
    dependsOn: fc.option(fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 2 }), { nil: undefined }),
  })
  .map(({ id, lane, timeoutMs, dependsOn }): Command => {
    const envelope = { id, timeoutMs, ...(dependsOn !== undefined && { dependsOn }) };
    return lane === undefined
      ? { type: 'get_state', sessionId: 's', ...envelope }
      : { type: 'bash', sessionId: lane, command: 'x', ...envelope };
  });
const step = fc.oneof(
  { weight: 4, arbitrary: command.map((command) => ({ act: 'send' as const, command })) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('end' as const), at: fc.nat(5), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const), id: fc.constantFrom(...ids) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('abandon' as const), at: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.constantFrom(10, 60) }) },
  { weight: 2, arbitrary: fc.constant({ act: 'settle' as const }) },
);

it('[S12] [S18] [S29] [S30] answers every command once and alike, runs none twice or too late, and keeps lanes in order, whatever happens when', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const world = new World();
      for (const each of steps) {
        if (each.act === 'send') world.send(each.command);
        else if (each.act === 'end') world.end(each.at, each.fails);
        else if (each.act === 'cancel') world.cancel(each.id);
        else if (each.act === 'abandon') world.abandon(each.at);
        else if (each.act === 'pass') world.pass(each.ms);
        else await settle();
        for (const lane of ['s', 't']) {
          expect(
            world.executions.filter((execution) => execution.lane === lane && !execution.over).length,
          ).toBeLessThan(2);
        }
      }
      await world.finish();
      expect(world.inFlight).toBe(0);

      const outcomes = new Map<string, Answer>();
      for (const { answers, command } of world.sent) {
        // Whoever has gone before is the only one who may hear nothing, and nobody hears twice.
        expect(answers.length).toBeLessThanOrEqual(1);
        const [answer] = answers;
        if (answer === undefined || ['ID_CONFLICT', 'QUEUE_FULL'].includes(String(answer['code']))) continue;
        const { replayed, ...outcome } = answer;
        // The same whoever asks and however late: one id has one outcome.
        const first = outcomes.get(command.id!);
        if (first === undefined) outcomes.set(command.id!, outcome);
        else expect(outcome).toEqual(first);
        if (replayed === undefined) expect(first).toBeUndefined();
      }
      const ran = world.executions.map(({ id }) => id);
      expect(ran.length).toBe(new Set(ran).size);
      for (const [id, { code, details }] of outcomes) {
        const neverRan =
          String(code).startsWith('DEPENDENCY_') || (details as Answer | undefined)?.['started'] === false;
        if (neverRan) expect(ran).not.toContain(id);
        if (code === undefined) expect(ran).toContain(id);
      }
    }),
    { numRuns: 300 },
  );
});

it('[S18] never lets a control command wait behind a data command, nor data commands of a lane pass each other', async () => {
  const lane = fc.constantFrom('s', 't');
  await fc.assert(
    fc.asyncProperty(fc.array(lane, { minLength: 1, maxLength: 6 }), async (lanes) => {
      const world = new World();
      for (const [at, sessionId] of lanes.entries()) {
        world.send({ type: 'bash', id: `data-${at}`, sessionId, command: 'x' });
        world.send({ type: 'get_state', id: `control-${at}`, sessionId });
        expect(world.executions.at(-1)?.id).toBe(`control-${at}`);
      }
      await world.finish();
      for (const each of ['s', 't']) {
        const order = world.executions.filter((execution) => execution.lane === each).map(({ id }) => id);
        const taken = world.sent.filter(
          ({ command, answers }) =>
            command.type === 'bash' && command.sessionId === each && answers[0]?.['success'] === true,
        );
        expect(order).toEqual(taken.map(({ command }) => command.id));
      }
    }),
  );
});
