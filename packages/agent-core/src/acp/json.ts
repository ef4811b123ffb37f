/** Whether a value from outside has members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text from outside, cut to `maxLength`; `undefined` for anything else, the empty text included. */
export function readText(value: unknown, maxLength: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, maxLength) : undefined;
}

/** A count from outside: a whole number from 0 up; `undefined` for anything else. */
export function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The members of a list from outside that `read` understands, at most `max`. */
export function readList<T>(value: unknown, max: number, read: (item: unknown) => T | undefined): T[] {
  if (!Array.isArray(value)) return [];
  const items: T[] = [];
  for (const each of value) {
    const item = items.length < max ? read(each) : undefined;
    if (item !== undefined) items.push(item);
  }
  return items;
}
