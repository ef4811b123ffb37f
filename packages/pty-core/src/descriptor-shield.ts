import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;
/** More gaps than this are not filled: it would block for too long. At 2 µs each, at most 8 ms. */
const MAX_GAPS = 4_096;
/** Free numbers below this one do not keep node-pty's child from marking those above. */
const FIRST_THAT_ENDS_MARKING = 16;
/** A thread would have to close a descriptor within the same fraction of a millisecond of each. */
const MAX_FORKS = 8;

/** What a fork has made: the pid of the child, and the number of the new master in this process. */
export interface ForkedChild {
  readonly pid: number;
  readonly fd: number;
}

/**
 * Keeps the descriptors of this process, masters of other terminals among them, out of the children that node-pty forks.
 *
 * node-pty opens masters without close-on-exec. Its prebuilt Linux module has the forked child mark all descriptors, but
 * counts up from 3 and stops at the first free number above 15: what lies behind a gap stays open. So during a fork all
 * gaps below the highest descriptor that would be inherited are filled, with descriptors that are marked already. The new
 * master then gets a number above all others, because in the child its number is a gap too.
 *
 * Another thread of this process may close a file of its own between the filling and the fork, which is a gap again. So the
 * child is looked at right after the fork: one that got a gap is discarded, before its program has run, and forked anew.
 *
 * Costs one look at the descriptors, one at those of the child, and 2 µs per gap. Complete up to 4,096 gaps; behind more of
 * them, which takes that many PTYs whose lives overlap without a pause, a child may inherit masters again.
 */
export class DescriptorShield {
  /** What this process itself inherited; everything Node opens later is marked. */
  readonly #inherited: ReadonlySet<number>;
  readonly #highestInherited: number;

  constructor() {
    this.#inherited = new Set(process.platform === 'linux' ? openDescriptors().filter(isInheritable) : []);
    this.#highestInherited = Math.max(-1, ...this.#inherited);
  }

  /**
   * Runs `fork` with all gaps filled, and again with whatever it made discarded as long as a child got a gap all the same.
   * `discard` ends the child and gives back what it has of this process.
   * @throws Error when there are not enough descriptors to fill the gaps, or eight children in a row got one.
   */
  during<T extends ForkedChild>(fork: () => T, discard: (forked: T) => void): T {
    if (process.platform !== 'linux') return fork();
    for (let forks = 0; forks < MAX_FORKS; forks += 1) {
      const open = openDescriptors();
      const highest = Math.max(this.#highestInherited, open.find((fd) => isMaster(fd)) ?? -1);
      const gaps = highest + 1 - open.filter((fd) => fd <= highest).length;
      const forked = withFilled(gaps <= MAX_GAPS ? highest : -1, fork);
      if (gaps > MAX_GAPS || !this.#leaksInto(forked, highest)) return forked;
      discard(forked);
    }
    throw new Error(`the descriptors of this process have changed during each of ${MAX_FORKS} forks`);
  }

  /**
   * Whether a child has, behind a gap, what it must not inherit. Until it executes its program it has what this process had at
   * the fork; from then on what stayed open. Looking takes less time than a program needs to begin.
   */
  #leaksInto({ pid, fd: master }: ForkedChild, highest: number): boolean {
    // It got the number of a file that was closed right before, and the slave that of another one, perhaps. The child closes both.
    if (master <= highest) return true;
    const held = openDescriptors(pid).filter((fd) => fd >= FIRST_THAT_ENDS_MARKING && fd <= highest);
    const isWhole = held.length === highest + 1 - FIRST_THAT_ENDS_MARKING;
    if (isWhole || held.length === 0) return false;
    const present = new Set(held);
    let gap = FIRST_THAT_ENDS_MARKING;
    while (present.has(gap)) gap += 1;
    return held.some((fd) => fd > gap && (this.#inherited.has(fd) || isMaster(fd, pid)));
  }
}

/** Runs `act` while every number up to `highest`, and one more, is taken. */
function withFilled<T>(highest: number, act: () => T): T {
  const fillers: number[] = [];
  try {
    do fillers.push(openSync('/dev/null', 'r'));
    while (fillers.at(-1)! < highest);
    return act();
  } finally {
    for (const filler of fillers) closeSync(filler);
  }
}

/** What a child would inherit, as far as this process inherited it itself; asked once, before anything else is opened. */
export function inheritedDescriptors(): number[] {
  return openDescriptors().filter((fd) => fd > 2 && isInheritable(fd));
}

/** The masters of terminals, which node-pty opens without close-on-exec. Costs 2 µs for every open descriptor. */
export function openMasters(): number[] {
  return openDescriptors().filter((fd) => fd > 2 && isMaster(fd));
}

/** Highest first; none where they cannot be listed. */
function openDescriptors(pid: number | 'self' = 'self'): number[] {
  try {
    const names = readdirSync(`/proc/${pid}/fd`);
    return names.map(Number).sort((a, b) => b - a);
  } catch {
    return [];
  }
}

function isMaster(fd: number, pid: number | 'self' = 'self'): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('ptmx');
  } catch {
    return false;
  }
}

function isInheritable(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}
