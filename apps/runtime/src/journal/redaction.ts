import { type Command, commandContract } from '@sessiond/protocol';

/**
 * The fields of a command that its contract lets a journal keep, in their place; everything else, such as arguments, environments and input, never
 * gets there. Fields of the envelope are not among them.
 */
export function keptFields(command: Command): Readonly<Record<string, unknown>> {
  const kept: Record<string, unknown> = {};
  for (const path of commandContract(command.type).journalKeeps) copyPath(command, kept, path.split('.'));
  return kept;
}

function copyPath(from: object, to: Record<string, unknown>, [name, ...rest]: readonly string[]): void {
  if (name === undefined || !Object.hasOwn(from, name)) return;
  const value = (from as Record<string, unknown>)[name];
  if (rest.length === 0) {
    if (value !== undefined) to[name] = value;
  } else if (typeof value === 'object' && value !== null) {
    const inner: Record<string, unknown> = (to[name] as Record<string, unknown> | undefined) ?? {};
    copyPath(value, inner, rest);
    if (Object.keys(inner).length > 0) to[name] = inner;
  }
}
