/** The end of a text that takes at most `maxBytes` as UTF-8, beginning with a whole character, and whether something is missing. */
export function tailOfText(text: string, maxBytes: number): { readonly text: string; readonly truncated: boolean } {
  // No character takes less than a byte: what is before these is cut in any case.
  const bytes = Buffer.from(text.slice(-maxBytes));
  if (bytes.length <= maxBytes) return { text: bytes.toString(), truncated: text.length > maxBytes };
  let start = bytes.length - maxBytes;
  while (start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start += 1;
  return { text: bytes.toString('utf8', start), truncated: true };
}
