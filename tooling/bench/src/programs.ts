import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What runs in a terminal: `sh <script>`, the same file for every server. */
export interface Program {
  readonly script: string;
  /**
   * `length` takes a message's size as its output, which is exact for output that no wire escapes and costs the client
   * nothing; `content` decodes every message.
   */
  readonly counting: 'length' | 'content';
  /** What a server with a choice does when the client is slower than the child. */
  readonly overflow: 'pause' | 'drop-oldest';
}

/** The programs the suites run. Each prints {@link READY} once its terminal is set up, and waits for {@link GO}. */
export interface Programs {
  /** Endless output through a raw terminal, as fast as it is taken; no byte may be lost. */
  readonly flood: Program;
  /** The same, where the server may drop what a slow client does not take. */
  readonly lossyFlood: Program;
  /** Gives every byte back. Starts at once. */
  readonly echo: Program;
  /** Writes {@link TAIL_BYTES} in one go and ends. */
  readonly tail: Program;
  /** Writes {@link LINES_BYTES} as lines of one letter, through a terminal that works on each, and ends. */
  readonly lines: Program;
}

/** The first output of every program: one byte. */
export const READY = 'R';

/** Typed to make a program begin. */
export const GO = '\n';

/** `seq 1 20000` through a cooked terminal, which puts a carriage return before each line feed, and the ready byte. */
export const TAIL_BYTES: number = Array.from({ length: 20_000 }, (_, index) => String(index + 1).length + 2).reduce(
  (sum, bytes) => sum + bytes,
  READY.length,
);

/** 50,000,000 bytes of `yes`, and a carriage return for each line. */
export const LINES_BYTES = 75_000_000;

const PAYLOAD_BYTES = 16 * 1024 * 1024;
const PAYLOAD_REPEATS = 1_024;
// Printable and without quote, backslash or control byte: JSON-based wires carry it without growing.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789';

/** Writes the scripts and the flood's payload, 16 MiB of text, into `directory`. */
export function writePrograms(directory: string): Programs {
  mkdirSync(directory, { recursive: true });
  const payload = join(directory, 'payload');
  writeFileSync(payload, Buffer.alloc(PAYLOAD_BYTES, ALPHABET, 'latin1'));
  const script = (name: string, ...lines: string[]): string => {
    const path = join(directory, `${name}.sh`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };
  const flood = script(
    'flood',
    'stty raw -echo',
    `printf ${READY}`,
    'read -r _',
    // One cat over the cached file costs less CPU than any generator, and nothing forks on the way.
    `exec cat ${Array.from({ length: PAYLOAD_REPEATS }, () => payload).join(' ')}`,
  );
  const echo = script('echo', 'stty raw -echo', `printf ${READY}`, 'exec cat');
  const tail = script('tail', 'stty -echo', `printf ${READY}`, 'read -r _', 'exec seq 1 20000');
  const lines = script('lines', 'stty -echo', `printf ${READY}`, 'read -r _', 'yes | head -c 50000000');
  return {
    flood: { script: flood, counting: 'length', overflow: 'pause' },
    lossyFlood: { script: flood, counting: 'length', overflow: 'drop-oldest' },
    echo: { script: echo, counting: 'length', overflow: 'pause' },
    tail: { script: tail, counting: 'content', overflow: 'pause' },
    lines: { script: lines, counting: 'content', overflow: 'drop-oldest' },
  };
}
