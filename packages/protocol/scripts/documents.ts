import { agentSessionInfo, agentSessionState } from '../src/agent/agent-session-info.ts';
import { defaultTimeoutsMs, scopes } from '../src/contract.ts';
import { eventContracts } from '../src/event-contracts.ts';
import { exampleSession, exampleState } from '../src/example-session.ts';
import { closeCodes, commandContracts, errorCodes } from '../src/index.ts';
import { clientMessageJsonSchema, type JsonSchema, jsonSchemaOf, serverMessageJsonSchema } from '../src/json-schema.ts';
import { ptySessionInfo } from '../src/session-info.ts';
import { ptySessionState } from '../src/session-state.ts';
import { readFieldNotes } from './field-notes.ts';
import { fieldTable } from './field-table.ts';

const notes = readFieldNotes();

/** The generated parts of the documents, by the name of their region. */
export const regions: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  'command-details': () => [...commandContracts.keys()].map(commandDetails).join('\n\n'),
  'session-record': () => fieldTable(jsonSchemaOf(ptySessionInfo), 'PtySessionInfo', notes),
  'agent-session-record': () => fieldTable(jsonSchemaOf(agentSessionInfo), 'AgentSessionInfo', notes),
  events: () =>
    table(
      ['event', 'when', 'fields'],
      [...eventContracts.values()].map(({ type, summary, schema }) => [code(type), summary, eventFields(schema)]),
    ),
  scopes: () =>
    table(
      ['scope', 'allows to'],
      Object.entries(scopes).map(([scope, allows]) => [code(scope), allows]),
    ),
  timeouts: () =>
    table(
      ['class', 'default'],
      Object.entries(defaultTimeoutsMs).map(([name, ms]) => [code(name), ms === null ? 'none' : `${ms / 1000} s`]),
    ),
  'error-codes': () =>
    table(
      ['code', 'meaning'],
      Object.entries(errorCodes).map(([name, { meaning }]) => [code(name), meaning]),
    ),
  'error-reference': () =>
    table(
      ['code', 'meaning', 'what helps', 'again?', 'HTTP', 'close'],
      Object.entries(errorCodes).map(([name, { meaning, remedy, retry, httpStatus, closeCode }]) => [
        code(name),
        meaning,
        remedy,
        code(retry),
        String(httpStatus),
        closeCode === null ? '' : String(closeCode),
      ]),
    ),
  'close-codes': () =>
    table(
      ['code', 'name'],
      Object.entries(closeCodes).map(([name, number]) => [String(number), code(name)]),
    ),
};

/** The checked-in JSON Schema files by name. */
export const schemaFiles: Readonly<Record<string, () => JsonSchema>> = {
  'client-message.json': clientMessageJsonSchema,
  'server-message.json': serverMessageJsonSchema,
};

const REGION = /<!-- generated: ([a-z-]+) -->\n[\s\S]*?<!-- end of generated -->/g;

/** Renews every generated region of a Markdown document. Throws when it names a region that does not exist. */
export function withFreshRegions(markdown: string): string {
  return markdown.replace(REGION, (_, name: string) => {
    const make = Object.hasOwn(regions, name) ? regions[name] : undefined;
    if (make === undefined) throw new Error(`Cannot generate document: there is no region ${name}`);
    return `<!-- generated: ${name} -->\n${make()}\n<!-- end of generated -->`;
  });
}

/** The names of the generated regions of a Markdown document. */
export function regionsOf(markdown: string): string[] {
  return [...markdown.matchAll(REGION)].map(([, name]) => name!);
}

function commandTable(): string {
  const rows = [...commandContracts.values()].map((contract) => [
    `[\`${contract.type}\`](#${contract.type})`,
    contract.appliesTo,
    contract.lane,
    contract.limited ? contract.lane : 'none',
    contract.mutates ? 'yes' : '',
    contract.scope === null ? 'none' : code(contract.scope),
    code(contract.timeoutClass),
  ]);
  return table(['command', 'for', 'lane', 'budget', 'changes the version', 'scope', 'timeout'], rows);
}

function commandDetails(type: string): string {
  const contract = commandContracts.get(type)!;
  const { summary, scope, example, exampleData } = contract;
  const exampleScope = contract.scopeOf(example);
  const journal = contract.journalled
    ? `Journalled, keeping ${contract.journalKeeps.map(code).join(', ') || 'no own fields'}.`
    : '';
  const facts = [
    exampleScope === scope || exampleScope === null ? '' : `Needs ${code(exampleScope)} for the use in the example.`,
    contract.outcomeScope === 'connection'
      ? 'The outcome belongs to the connection and is not replayed to another.'
      : '',
    journal,
  ].filter((fact) => fact !== '');
  const typeName = type.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return [
    `### ${type}`,
    [summary, ...facts].join(' '),
    fieldTable(jsonSchemaOf(contract.schema), `${typeName}Command`, notes),
    `\`\`\`json\n${JSON.stringify(example)}\n\`\`\``,
    'The `data` of its response:',
    type === 'get_state'
      ? `The [record of the session](#sessions), and beside it:\n\n${historyTable()}`
      : fieldTable(jsonSchemaOf(contract.dataSchema), `${typeName}Data`, notes),
    `\`\`\`json\n${exampleText(exampleData)}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What the full state has that the record has not. */
function historyTable(): string {
  return [
    ownFields(ptySessionState, ptySessionInfo, 'PtySessionState'),
    'Of an agent, beside its record:',
    ownFields(agentSessionState, agentSessionInfo, 'AgentSessionState'),
  ].join('\n\n');
}

/** The fields that a type has and the one it extends has not. */
function ownFields(
  extended: Parameters<typeof jsonSchemaOf>[0],
  base: Parameters<typeof jsonSchemaOf>[0],
  typeName: string,
): string {
  const schema = jsonSchemaOf(extended);
  const record = jsonSchemaOf(base)['properties'] as object;
  const own = Object.entries(schema['properties'] as object).filter(([name]) => !Object.hasOwn(record, name));
  return fieldTable({ ...schema, properties: Object.fromEntries(own) }, typeName, notes);
}

/** The record is shown in full once, by the command that asks for nothing else. */
function exampleText(data: unknown): string {
  if (data === exampleState) return JSON.stringify(data, undefined, 2);
  return JSON.stringify(data).replaceAll(JSON.stringify(exampleSession), '{"sessionId":"build","kind":"pty"}');
}

/** Labels every terminal event carries; documented once, not per event. */
const PTY_LABELS = new Set(['type', 'ptyId', 'laneId', 'terminalId', 'timestamp', 'ts']);

function eventFields(schema: Parameters<typeof jsonSchemaOf>[0]): string {
  const { properties = {}, required = [] } = jsonSchemaOf(schema) as { properties?: object; required?: string[] };
  const labelled = 'ptyId' in properties;
  return Object.keys(properties)
    .filter((name) => !PTY_LABELS.has(name) && !(labelled && name === 'sessionId'))
    .map((name) => code(required.includes(name) ? name : `${name}?`))
    .join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
