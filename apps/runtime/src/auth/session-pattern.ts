/**
 * Whether a session id matches a pattern, in which `*` stands for any characters, none included.
 *
 * Takes time in proportion to the product of both lengths at most, whatever the pattern: it never goes back further than to the last `*`.
 */
export function matchesSessionPattern(pattern: string, sessionId: string): boolean {
  let [at, position] = [0, 0];
  let [star, resumeAt] = [-1, 0];
  while (position < sessionId.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resumeAt = position;
    } else if (at < pattern.length && pattern[at] === sessionId[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      // What the last `*` stands for is one character longer.
      resumeAt += 1;
      position = resumeAt;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
