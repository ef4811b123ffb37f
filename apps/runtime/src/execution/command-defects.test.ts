import { type Command, ProtocolError } from '@sessiond/protocol';
import pino from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { Admission, type AdmissionLimits } from '../admission/admission.ts';
import type { AdmissionObserver } from '../admission/admission-observer.ts';
import { NO_LIMITS } from '../admission/limits-fixture.ts';
import type { CommandHandlers, CommandIssuer, ServerFacts } from '../commands/command-context.ts';
import type { CommandJournal } from '../journal/command-journal.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import { CommandDefects } from './command-defects.ts';
import type { IssuedCommand } from './command-facts.ts';
import { CommandLanes } from './command-lanes.ts';
import type { CommandObserver } from './command-observer.ts';
import { CommandRunner } from './command-runner.ts';
import { OutcomeStore } from './outcome-store.ts';
import { SessionLocks } from './session-locks.ts';

type Answer = Readonly<Record<string, unknown>>;

/** What is made to throw, once. */
type Defect =
  | keyof AdmissionObserver
  | 'commandAccepted'
  | 'commandStarted'
  | 'accept'
  | 'withdraw'
  | 'trace'
  | 'provider';

const LIMITS: AdmissionLimits = {
  ...NO_LIMITS,
  dataCommandsPerMinute: 1000,
  controlCommandsPerMinute: 1000,
  totalCommandsPerMinute: 1000,
  principalSharePercent: 100,
  maxInflightCommands: 2,
  maxInflightPerPrincipal: 2,
  spawnFailuresPerPrincipal: 9,
  spawnFailuresTotal: 9,
  spawnFailureWindowMs: 1000,
  spawnPauseMs: 1000,
  bashTimeoutsPerSession: 9,
  bashTimeoutsTotal: 9,
  bashTimeoutWindowMs: 1000,
  bashPauseMs: 1000,
  providerFailures: 1,
};

/** What still throws. */
let defects: Set<Defect>;
let logged: Record<string, unknown>[];
/** How commands ended, as they are counted. */
let counted: string[];
/** Entries of the journal that were neither finished nor withdrawn. */
let open: number;
/** What the handler waits for. */
let handled: Promise<object> | undefined;
let runner: CommandRunner;

beforeEach(() => {
  defects = new Set();
  logged = [];
  counted = [];
  open = 0;
  handled = undefined;
  const logger = pino({ level: 'error' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const admissionObserver: AdmissionObserver = {
    limiterDecided: () => breaks('limiterDecided'),
    limiterRefunded: () => breaks('limiterRefunded'),
    breakerCalled: () => breaks('breakerCalled'),
    breakerTransitioned: () => breaks('breakerTransitioned'),
    bulkheadWaited: () => breaks('bulkheadWaited'),
    bulkheadRefused: () => breaks('bulkheadRefused'),
  };
  const observer: CommandObserver = {
    commandAccepted: () => breaks('commandAccepted'),
    commandStarted: () => breaks('commandStarted'),
    commandFinished: (_, code) => void counted.push(code),
    messageRefused: (_, code) => void counted.push(code),
  };
  const journal: CommandJournal = {
    mode: 'sync',
    accept: () => {
      breaks('accept');
      open += 1;
      return {
        number: 1,
        durable: undefined,
        finish: () => {
          open -= 1;
          return undefined;
        },
        withdraw: () => {
          open -= 1;
          breaks('withdraw');
        },
      };
    },
  };
  const host = {
    facts: () => ({ owner: 'ada', instance: 'i', version: 1 }),
    provider: () => {
      breaks('provider');
      return { provider: 'fake', model: 'small' };
    },
  };
  runner = new CommandRunner({
    host: host as unknown as SessionHost,
    authorizer: { fault: () => undefined, covers: () => true, maySee: () => true },
    handlers: { prompt: () => handled ?? {} } as unknown as CommandHandlers,
    server: {} as ServerFacts,
    admission: new Admission({ limits: LIMITS, logger, observer: admissionObserver }),
    lanes: new CommandLanes({ maxWaiting: 9, maxWaitMs: 30_000, observer: admissionObserver }),
    locks: new SessionLocks({ maxWaiting: 9, maxWaitMs: 30_000 }),
    outcomes: new OutcomeStore({
      limits: {
        maxOutcomes: 9,
        outcomeBytes: 1e5,
        maxIdempotencyKeys: 9,
        idempotencyBytes: 1e5,
        idempotencyMs: 600_000,
      },
    }),
    logger,
    observer,
    journal,
    tracer: {
      begin: () => {
        breaks('trace');
        return undefined;
      },
    },
  });
});

function breaks(at: Defect): void {
  if (defects.delete(at)) throw new TypeError(`a defect of ${at}`);
}

function prompt(id: string): Promise<Answer> {
  const issuer = { principal: { id: 'ada', scopes: ['*'] } } as unknown as CommandIssuer;
  const command: Command<'prompt'> = { type: 'prompt', id, sessionId: 's', message: 'hello' };
  return new Promise((resolve) => runner.run(command, issuer, ({ text }) => resolve(JSON.parse(text) as Answer)));
}

/** Nothing is held any more, and the lane is free: so many commands at a time as there may be, again and again. */
async function expectNothingHeld(): Promise<void> {
  expect(open).toBe(0);
  expect(runner.snapshot()).toMatchObject({
    inFlight: 0,
    admission: { bulkheads: [{ usage: 0 }, { usage: 0 }, { name: 'lane', usage: 0, waiting: 0 }] },
  });
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all([prompt(`after-${round}`), prompt(`behind-${round}`)]);
    expect(answers).toMatchObject([{ success: true }, { success: true }]);
  }
}

it.each<Defect>([
  'limiterDecided',
  'accept',
  'trace',
  'commandAccepted',
  'bulkheadWaited',
  'provider',
  'commandStarted',
])(
  'answers a command as INTERNAL, counts and logs it, and gives back all it held, when %s fails before it begins',
  async (defect) => {
    defects.add(defect);
    const answer = await prompt('a');
    expect(answer).toMatchObject({ id: 'a', success: false, code: 'INTERNAL' });
    expect(answer['error']).not.toContain(`defect of ${defect}`);
    const { correlationId } = answer['details'] as { correlationId: string };
    expect(logged).toMatchObject([{ command: 'prompt', correlationId, err: { message: `a defect of ${defect}` } }]);
    expect(counted).toEqual(['INTERNAL']);
    await expectNothingHeld();
  },
);

it.each<Defect>(['bulkheadWaited', 'provider', 'commandStarted'])(
  'answers a command that had to wait as INTERNAL, and lets the next one of its lane move up, when %s fails at its turn',
  async (defect) => {
    let end!: () => void;
    handled = new Promise((resolve) => {
      end = () => resolve({});
    });
    const first = prompt('a');
    const second = prompt('b');
    handled = undefined;
    defects.add(defect);
    end();
    expect(await first).toMatchObject({ success: true });
    expect(await second).toMatchObject({ id: 'b', success: false, code: 'INTERNAL' });
    expect(counted).toEqual(['OK', 'INTERNAL']);
    await expectNothingHeld();
  },
);

it('tells how a command ended although the breaker cannot be told, and logs that', async () => {
  defects.add('breakerCalled');
  expect(await prompt('a')).toMatchObject({ success: true });
  expect(logged).toMatchObject([{ err: { message: 'a defect of breakerCalled' } }]);
  await expectNothingHeld();
});

it('answers for the first defect although giving back fails as well, and gives back what can be', async () => {
  for (const defect of ['provider', 'limiterRefunded'] as const) defects.add(defect);
  expect(await prompt('a')).toMatchObject({ code: 'INTERNAL' });
  for (const defect of ['trace', 'withdraw', 'limiterRefunded'] as const) defects.add(defect);
  expect(await prompt('b')).toMatchObject({ code: 'INTERNAL' });
  expect(logged.map(({ err }) => (err as Error).message)).toEqual(
    ['provider', 'limiterRefunded', 'trace', 'withdraw', 'limiterRefunded'].map((at) => `a defect of ${at}`),
  );
  await expectNothingHeld();
});

it('tells what the protocol has a code for as it is, and logs nothing of it', () => {
  const fault = new ProtocolError('JOURNAL_UNAVAILABLE', 'The disk is full');
  const facts = { type: 'prompt', correlationId: 'c' } as unknown as IssuedCommand;
  const ours = new CommandDefects(pino({ level: 'error' }, { write: (line: string) => void logged.push({ line }) }));
  expect(ours.faultOf(fault, facts)).toBe(fault);
  expect(logged).toEqual([]);
});
