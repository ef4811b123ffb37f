import { type Command, commandContract } from '@sessiond/protocol';

/**
 * The fields of a command that its contract lets a journal keep, in their place; everything else, such as arguments, environments and input, never
 * gets there. Fields of the envelope are not among them.
 */
export function keptFields(command: Command): Readonly<Record<string, unknown>> {
  const kept: Record<string, unknown> = {};
  for (const path of keptPaths(command.type)) copyPath(command, kept, path, 0);
  return kept;
}

/** The paths of each type of command, taken apart; as many as there are types. */
const PATHS = new Map<Command['type'], readonly (readonly string[])[]>();

function keptPaths(type: Command['type']): readonly (readonly string[])[] {
  const known = PATHS.get(type);
  if (known !== undefined) return known;
  const paths = commandContract(type).journalKeeps.map((path) => path.split('.'));
  PATHS.set(type, paths);
  return paths;
}

function copyPath(from: object, to: Record<string, unknown>, path: readonly string[], depth: number): void {
  const name = path[depth];
  if (name === undefined || !Object.hasOwn(from, name)) return;
  const value = (from as Record<string, unknown>)[name];
  if (depth === path.length - 1) {
    if (value !== undefined) to[name] = value;
  } else if (typeof value === 'object' && value !== null) {
    const inner: Record<string, unknown> = (to[name] as Record<string, unknown> | undefined) ?? {};
    copyPath(value, inner, path, depth + 1);
    if (Object.keys(inner).length > 0) to[name] = inner;
  }
}
