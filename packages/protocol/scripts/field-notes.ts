import { readdirSync, readFileSync } from 'node:fs';

/** What the source says about one field of an interface. */
export interface FieldNote {
  /** Its doc comment; empty without one. */
  readonly meaning: string;
  /** Its type, as written. */
  readonly type: string;
}

/** The fields of every exported interface of the package, by the name of the interface. */
export type FieldNotes = ReadonlyMap<string, ReadonlyMap<string, FieldNote>>;

const INTERFACE = /^export (?:interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)^\}|type (\w+) = (\w+);)/gm;
const FIELD = /(?:\/\*\*([^/]*)\*\/\s*)?readonly (\w+)\??: ([^;]+);/g;

/** Reads the doc comments of all fields, so that the documentation says what the code says. */
export function readFieldNotes(): FieldNotes {
  const source = new URL('../src/', import.meta.url);
  const notes = new Map<string, ReadonlyMap<string, FieldNote>>();
  const parents: [name: string, parent: string][] = [];
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    for (const found of readFileSync(new URL(name, source), 'utf8').matchAll(INTERFACE)) {
      const [, interfaceName, extended, body, alias, target] = found;
      const own = interfaceName ?? alias!;
      notes.set(own, fieldsOf(body ?? ''));
      const parent = extended ?? target;
      if (parent !== undefined) parents.push([own, parent]);
    }
  }
  for (const [name, parent] of parents) inherit(notes, name, parent, parents);
  return notes;
}

function fieldsOf(body: string): Map<string, FieldNote> {
  return new Map(
    [...body.matchAll(FIELD)].map(([, comment, name, type]) => [
      name!,
      { meaning: sentences(comment ?? ''), type: type!.trim() },
    ]),
  );
}

function inherit(
  notes: Map<string, ReadonlyMap<string, FieldNote>>,
  name: string,
  parent: string,
  parents: readonly [string, string][],
): void {
  const further = parents.find(([child]) => child === parent);
  if (further !== undefined) inherit(notes, parent, further[1], parents);
  notes.set(name, new Map([...(notes.get(parent) ?? []), ...(notes.get(name) ?? [])]));
}

function sentences(comment: string): string {
  const text = comment.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim();
  return text.replaceAll(/\{@link ([\w.]+)(?: \| ([^}]+))?\}/g, (_, target, label) => label ?? `\`${target}\``);
}
