import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CommandFacts } from '../execution/command-tracer.ts';
import { CommandLog } from './command-log.ts';

const lines: Record<string, unknown>[] = [];
let nowMs: number;
beforeEach(() => {
  lines.length = 0;
  nowMs = 0;
});

function log(level = 'info'): CommandLog {
  const logger = pino({ level, base: null, timestamp: false }, { write: (text) => void lines.push(JSON.parse(text)) });
  return new CommandLog({ logger, slowMs: 1000, now: () => nowMs });
}

const facts: CommandFacts = {
  type: 'create_session',
  commandId: 'c-1',
  correlationId: 'c-1',
  sessionId: 's-1',
  principalId: 'ada',
  connectionId: 'n-1',
};

describe('a line about a command', () => {
  it('says which it was, whose, over which connection, how it ended and how long it took', () => {
    log().commandFinished(facts, 'SPAWN_FAILED', 12.3456, false);
    expect(lines).toEqual([
      {
        level: 30,
        event: 'command',
        command: 'create_session',
        code: 'SPAWN_FAILED',
        correlationId: 'c-1',
        commandId: 'c-1',
        sessionId: 's-1',
        principal: 'ada',
        connectionId: 'n-1',
        durationMs: 12.346,
        msg: 'command failed',
      },
    ]);
  });

  it('is written for a success that was slow, unless waiting is what the command is for', () => {
    const commands = log();
    commands.commandFinished(facts, 'OK', 999, false);
    commands.commandFinished(facts, 'OK', 1000, false);
    commands.commandFinished({ ...facts, type: 'wait_for' }, 'OK', 60_000, false);
    expect(lines).toMatchObject([{ level: 30, durationMs: 1000, msg: 'slow command' }]);
  });

  it.each(['TIMEOUT', 'INTERNAL', 'JOURNAL_UNAVAILABLE'] as const)('is a warning for %s', (code) => {
    log().commandFinished(facts, code, 1, false);
    expect(lines).toMatchObject([{ level: 40, code }]);
  });

  it('is written for everything at the level debug, replays and refusals included', () => {
    const commands = log('debug');
    commands.commandFinished(facts, 'OK', 1, true);
    commands.messageRefused('unknown', 'INVALID_MESSAGE');
    expect(lines).toMatchObject([
      { level: 20, code: 'OK', replayed: true },
      { level: 20, event: 'refusal', command: 'unknown', code: 'INVALID_MESSAGE' },
    ]);
  });
});

it('fills no disk for a client that fails in a loop, and says how many lines it left out', () => {
  const commands = log();
  for (let sent = 0; sent < 1000; sent++) commands.commandFinished(facts, 'INVALID_STATE', 0, false);
  expect(lines).toHaveLength(50);
  nowMs += 1000;
  commands.commandFinished(facts, 'INVALID_STATE', 0, false);
  commands.commandFinished(facts, 'INVALID_STATE', 0, false);
  expect(lines.slice(50).map(({ leftOut }) => leftOut)).toEqual([950, undefined]);
});
