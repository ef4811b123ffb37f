/** Variables whose values are never repeated. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASS|AUTH|CREDENTIAL|COOKIE/i;

/** What keys of providers look like, wherever they come from. */
const SECRET_SHAPE = /\b(?:Bearer\s+\S+|(?:sk|pk|rk|gh[pousr]|xox[a-z]|AIza)[-_]?[\w-]{12,}|[\w+/-]{40,}={0,2})/g;

/** Shorter values are words that occur anyway, such as `1` or `true`. */
const SHORTEST_SECRET = 6;

/** The values of variables whose names speak of secrets. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    SECRET_NAME.test(name) && value !== undefined && value.length >= SHORTEST_SECRET ? [value] : [],
  );
}

/** The text with `[hidden]` in place of these secrets, and of what looks like one: words of others that end in a message of ours may hold a key. */
export function hideSecrets(text: string, secrets: readonly string[] = []): string {
  let hidden = text;
  for (const secret of secrets) hidden = hidden.replaceAll(secret, '[hidden]');
  return hidden.replaceAll(SECRET_SHAPE, '[hidden]');
}
