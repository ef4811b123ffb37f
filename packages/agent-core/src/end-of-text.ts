/** The end of a text that takes at most so many bytes as UTF-8, whole characters only, and whether it lacks the beginning. Costs no more than that end. */
export function endOfText(text: string, maxBytes: number): { readonly text: string; readonly truncated: boolean } {
  // Never fewer bytes than characters: what is cut off here cannot fit.
  const bytes = Buffer.from(text.slice(-maxBytes));
  if (bytes.length <= maxBytes && text.length <= maxBytes) return { text, truncated: false };
  let start = Math.max(0, bytes.length - maxBytes);
  while (start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start += 1;
  return { text: bytes.toString('utf8', start), truncated: true };
}
