import { hash } from 'node:crypto';
import type { Command } from '@sessiond/protocol';

/** Up to so many characters a command is compared as it is; longer ones by their digest. */
const MAX_TEXT = 1024;

/**
 * What a command asks for, as a text by which it can be told from others: JSON of its fields without `id`, `idempotencyKey` and `dependsOn`, or the digest of that where
 * it is long. Costs one serialisation; a digest, which costs several times as much, is made of long commands only.
 */
export function fingerprintOf(command: Command): string {
  const text = JSON.stringify(askedBy(command));
  return text.length <= MAX_TEXT ? text : digestOf(command);
}

/** Whether the command asks for what the {@link fingerprintOf} or {@link digestOf} another one tells. */
export function isAskedAgain(fingerprint: string, command: Command): boolean {
  if (!fingerprint.startsWith('{')) return fingerprint === digestOf(command);
  const asked = askedBy(command);
  // The order of fields in a record that the client made up, such as an environment, means nothing.
  return fingerprint === JSON.stringify(asked) || canonicalJson(JSON.parse(fingerprint)) === canonicalJson(asked);
}

/** SHA-256, in hex, of what the command asks for as JSON with sorted keys: the same on every machine and in every version. */
export function digestOf(command: Command): string {
  return hash('sha256', canonicalJson(askedBy(command)), 'hex');
}

function askedBy(command: Command): object {
  const { id: _id, idempotencyKey: _key, dependsOn: _dependencies, ...asked } = command;
  return asked;
}

/** JSON with the keys of every object sorted. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}
