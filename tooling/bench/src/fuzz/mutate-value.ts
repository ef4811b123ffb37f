import type { Random } from '../random.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', ' ', '\0', 'id', 'type', '0'];
const NUMBERS = [0, -0, -1, 0.5, 1e-300, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e21, 1.7e308, 65_536, 10_001];
const TEXTS = [
  '',
  ' ',
  '\0',
  '__proto__',
  'anon:1',
  '../../etc/passwd',
  '\ud834',
  '\udd1e\ud834',
  '\u202e\u0007\u001b[2J',
  'e\u0301\u0301\u0301\u0301',
  '👩‍👩‍👧‍👦',
  '\r\n\r\n',
  '%s%n%p',
  '(a+)+$',
  '[',
  '0',
  'null',
];
// No deeper: `JSON.stringify` calls itself for every level.
const DEPTHS = [10, 100, 2_000];
const LENGTHS = [129, 4_097, 65_536];

/** The value with one to three faults: a field that is gone, doubled, renamed, of another type, far too large or far too deep. */
export function mutateValue(random: Random, value: Json): Json {
  let mutated = value;
  for (let left = 1 + random.below(3); left > 0; left--) mutated = mutateSomewhere(random, mutated);
  return mutated;
}

function mutateSomewhere(random: Random, value: Json): Json {
  // Now and then the whole, else one of its parts.
  if (!isNested(value) || random.chance(0.1)) return other(random, value);
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1);
    if (at === value.length || random.chance(0.2)) return value.toSpliced(at, random.below(2), leaf(random));
    return value.with(at, mutateSomewhere(random, value[at]!));
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || random.chance(0.25)) return ofEntries([...entries, [random.pick(NAMES), leaf(random)]]);
  const at = random.below(entries.length);
  const [name, field] = entries[at]!;
  if (random.chance(0.2)) return ofEntries(entries.toSpliced(at, 1));
  if (random.chance(0.1)) return ofEntries(entries.with(at, [random.pick(NAMES), field]));
  return ofEntries(entries.with(at, [name, mutateSomewhere(random, field)]));
}

function other(random: Random, value: Json): Json {
  if (typeof value === 'number' && random.chance(0.5)) return random.chance(0.5) ? -value : value + 1;
  if (typeof value === 'string' && random.chance(0.5)) {
    const at = random.below(value.length + 1);
    return value.slice(0, at) + random.pick(TEXTS) + value.slice(at);
  }
  return leaf(random);
}

function leaf(random: Random): Json {
  const kind = random.below(20);
  if (kind < 6) return random.pick(TEXTS);
  if (kind < 12) return random.pick(NUMBERS);
  if (kind < 16) return random.pick([null, true, false, [], {}]);
  if (kind === 16) return random.pick(['x', '\0', 'é', '"', '\ud800']).repeat(random.pick(LENGTHS));
  if (kind === 17) return Array.from({ length: random.pick(LENGTHS) }, () => 0);
  if (kind === 18) return ofEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, index]));
  let deep: Json = [];
  for (let depth = random.pick(DEPTHS); depth > 0; depth--) deep = random.chance(0.5) ? [deep] : { '': deep };
  return deep;
}

function isNested(value: Json): value is readonly Json[] | { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null;
}

/** An object with these fields, `__proto__` as a field like any other. */
function ofEntries(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(entries);
}
