import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { decodeCommand } from './client-message.ts';
import { commandContract, commandContracts, requiredScope } from './command-registry.ts';
import { defaultTimeoutsMs, type SessionAccess, scopes } from './contract.ts';
import { isJsonObject } from './json-object.ts';
import { jsonSchemaOf } from './json-schema.ts';

const contracts = [...commandContracts.values()];

describe('the command registry', () => {
  it('has every command of this version', () => {
    expect([...commandContracts.keys()].toSorted()).toEqual([
      'abort',
      'abort_bash',
      'abort_compaction',
      'abort_retry',
      'attach',
      'bash',
      'cancel_command',
      'clone',
      'compact',
      'create_session',
      'cycle_model',
      'cycle_thinking_level',
      'delete_session',
      'detach',
      'export_html',
      'extension_ui_response',
      'follow_up',
      'fork',
      'get_available_models',
      'get_buffer_stats',
      'get_command_history',
      'get_commands',
      'get_context_usage',
      'get_fork_messages',
      'get_last_assistant_text',
      'get_messages',
      'get_metrics',
      'get_session_stats',
      'get_skills',
      'get_startup_recovery',
      'get_state',
      'get_tools',
      'get_tree',
      'health_check',
      'input',
      'list_pending_ui',
      'list_session_files',
      'list_sessions',
      'list_stored_sessions',
      'load_session',
      'navigate_tree',
      'new_session',
      'prompt',
      'read_output',
      'resize',
      'set_auto_compaction',
      'set_auto_retry',
      'set_follow_up_mode',
      'set_model',
      'set_session_name',
      'set_steering_mode',
      'set_thinking_level',
      'signal',
      'steer',
      'switch_session',
      'switch_session_file',
      'terminate',
      'unsubscribe',
      'wait_for',
    ]);
  });

  it('has the contract of every file in commands, under the type the file is named after', () => {
    const files = readdirSync(new URL('./commands/', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    expect(files.map((name) => basename(name, '.ts').replaceAll('-', '_')).toSorted()).toEqual(
      [...commandContracts.keys()].toSorted(),
    );
  });

  it('is safe against names that every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
      expect(commandContract(name)).toBeUndefined();
    }
  });

  it('finds a contract by its type', () => {
    expect(commandContract('resize').type).toBe('resize');
    expect(commandContract('resize' as string)).toBe(commandContract('resize'));
  });
});

describe.each(contracts)('the contract of $type', (contract) => {
  it('is complete and cannot be changed', () => {
    expect(contract.summary).toMatch(/^[A-Z].*\.$/);
    expect([...Object.keys(scopes), null]).toContain(contract.scope);
    expect([...Object.keys(scopes), null]).toContain(requiredScope(contract.example));
    expect(Object.keys(defaultTimeoutsMs)).toContain(contract.timeoutClass);
    expect(Object.isFrozen(contract)).toBe(true);
  });

  it('needs a session unless it is for the server', () => {
    const { sessionId: _, ...withoutSession } = { ...contract.example, sessionId: 'a' };
    expect(decodeCommand(JSON.stringify(withoutSession)).ok).toBe(contract.appliesTo === 'server');
  });

  it('accepts its example, and each field the example cannot do without is missed', () => {
    const { required = [] } = jsonSchemaOf(contract.schema) as { required?: string[] };
    for (const field of required.filter((name) => name !== 'type')) {
      const { [field]: _, ...rest } = contract.example as unknown as Record<string, unknown>;
      expect(decodeCommand(JSON.stringify(rest))).toMatchObject({ ok: false, error: { details: { field } } });
    }
  });

  it('takes every field of the envelope', () => {
    const envelope = { id: 'c:1', dependsOn: ['c:0'], ifSessionVersion: 3, idempotencyKey: 'k', timeoutMs: 1000 };
    const command = { ...contract.example, ...envelope };
    expect(decodeCommand(JSON.stringify(command), { strict: true })).toEqual({ ok: true, command });
  });

  it('has schemas that are built once, and that zod can compile', () => {
    const { schema, dataSchema } = contract;
    expect(contract.schema).toBe(schema);
    expect(contract.dataSchema).toBe(dataSchema);
    expect(() => z.compile(schema, { strict: true })).not.toThrow();
  });

  it('lets a journal keep only fields it has, and none that can hold a secret', () => {
    if (!contract.journalled) expect(contract.journalKeeps).toEqual([]);
    for (const path of contract.journalKeeps) {
      expect(schemaAt(jsonSchemaOf(contract.schema), path), path).toBeDefined();
      expect(path).not.toMatch(/(^|\.)(env|args|data|dataBase64|text|regex)$|^command$/);
    }
  });

  it('is recorded first only if it is recorded at all', () => {
    if (contract.recordedFirst) expect(contract.journalled).toBe(true);
  });

  it('is journalled exactly if it changes the version of a session', () => {
    expect(contract.journalled).toBe(contract.mutates);
  });
});

it('records first whatever starts or ends programs, and nothing that is over with the server', () => {
  const first = contracts.filter(({ recordedFirst }) => recordedFirst).map(({ type }) => type);
  expect(first).toEqual(expect.arrayContaining(['create_session', 'delete_session']));
  expect(first).not.toContain('set_session_name');
});

it('[R13] limits every command but those that tell how the server is or take work from it', () => {
  const unlimited = contracts.filter(({ limited }) => !limited).map(({ type }) => type);
  expect(unlimited.toSorted()).toEqual(['cancel_command', 'get_metrics', 'health_check']);
});

it('lets an audit log tell of everything that changes something, or takes hold of a terminal', () => {
  const audited = contracts.filter((contract) => contract.audited !== contract.mutates).map(({ type }) => type);
  expect(audited.toSorted()).toEqual([
    'abort',
    'abort_compaction',
    'abort_retry',
    'attach',
    'export_html',
    'extension_ui_response',
    'follow_up',
    'signal',
    'steer',
    'terminate',
  ]);
});

it('asks no scope of whoever looks after the server or takes back what they sent', () => {
  const free = contracts.filter(({ scope }) => scope === null).map(({ type }) => type);
  expect(free.toSorted()).toEqual(['cancel_command', 'health_check']);
});

it('carries out every command for a session on that session, but those that let go of it', () => {
  const typesWith = (access: SessionAccess) => contracts.filter(({ sessionAccess }) => sessionAccess === access);
  const forSessions = contracts.filter(({ appliesTo }) => appliesTo !== 'server').map(({ type }) => type);
  const exempt: readonly string[] = ['detach', 'unsubscribe'];
  expect(typesWith('reach').map(({ type }) => type)).toEqual(forSessions.filter((type) => !exempt.includes(type)));
  expect(typesWith('give').map(({ type }) => type)).toEqual(['create_session', 'load_session']);
});

describe('requiredScope', () => {
  it('asks a driver for more than an observer', () => {
    const attach = { type: 'attach', sessionId: 'a' } as const;
    expect(requiredScope(attach)).toBe('sessions:write');
    expect(requiredScope({ ...attach, role: 'driver' })).toBe('sessions:write');
    expect(requiredScope({ ...attach, role: 'observer' })).toBe('sessions:read');
  });

  it('is the scope of the contract for every other command', () => {
    for (const { type, scope, example } of contracts) if (type !== 'attach') expect(requiredScope(example)).toBe(scope);
  });
});

function schemaAt(schema: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, name) =>
        isJsonObject(inner) && isJsonObject(inner['properties']) ? inner['properties'][name] : undefined,
      schema,
    );
}
