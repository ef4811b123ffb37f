import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;
/** More gaps than this are not filled: it would block for too long. At 2 µs each, at most 8 ms. */
const MAX_GAPS = 4_096;

/**
 * Keeps the descriptors of this process, masters of other terminals among them, out of the children that node-pty forks.
 *
 * node-pty opens masters without close-on-exec. Its prebuilt Linux module has the forked child mark all descriptors, but
 * counts up from 3 and stops at the first free number above 15: what lies behind a gap stays open. So during a fork all
 * gaps below the highest descriptor that would be inherited are filled, with descriptors that are marked already. The new
 * master then gets a number above all others, because in the child its number is a gap too.
 *
 * Costs one look at the descriptors and 2 µs per gap. Complete up to 4,096 gaps; behind more of them, which takes that many
 * PTYs whose lives overlap without a pause, a child may inherit masters again.
 */
export class DescriptorShield {
  /** What this process itself inherited; everything Node opens later is marked. */
  readonly #highestInherited: number;

  constructor() {
    this.#highestInherited = process.platform === 'linux' ? (openDescriptors().find(isInheritable) ?? -1) : -1;
  }

  /**
   * Runs `fork` with all gaps filled.
   * @throws Error when there are not enough descriptors to fill them.
   */
  during<T>(fork: () => T): T {
    if (process.platform !== 'linux') return fork();
    const open = openDescriptors();
    const highest = Math.max(this.#highestInherited, open.find(isMaster) ?? -1);
    const gaps = highest + 1 - open.filter((fd) => fd <= highest).length;
    const fillers: number[] = [];
    try {
      if (gaps <= MAX_GAPS) {
        do fillers.push(openSync('/dev/null', 'r'));
        while (fillers.at(-1)! < highest);
      }
      return fork();
    } finally {
      for (const filler of fillers) closeSync(filler);
    }
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
function openDescriptors(): number[] {
  try {
    const names = readdirSync('/proc/self/fd');
    return names.map(Number).sort((a, b) => b - a);
  } catch {
    return [];
  }
}

function isMaster(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).endsWith('ptmx');
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
