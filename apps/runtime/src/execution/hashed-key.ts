/**
 * A key with a 32-bit hash of it, all of whose bits are worth looking at: FNV-1a over the characters, then mixed as MurmurHash3 ends.
 *
 * Made once for all the tables that a command is looked up in on its way.
 */
export class HashedKey {
  readonly text: string;
  readonly hash: number;

  constructor(text: string) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    this.text = text;
    this.hash = (hash ^ (hash >>> 16)) >>> 0;
  }
}
