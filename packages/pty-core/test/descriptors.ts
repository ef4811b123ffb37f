import { readdirSync, readlinkSync } from 'node:fs';

/** What a process has open, by descriptor, such as `/dev/pts/3` or `pipe:[12]`. */
export function descriptorsOf(pid: number | 'self'): Map<number, string> {
  const folder = `/proc/${pid}/fd`;
  const found = new Map<number, string>();
  for (const name of readdirSync(folder)) {
    try {
      found.set(Number(name), readlinkSync(`${folder}/${name}`));
    } catch {
      // The descriptor that reads the folder is gone by now.
    }
  }
  return found;
}

/** The descriptors of this process that are masters of terminals, in order. */
export function masters(): number[] {
  return [...descriptorsOf('self')]
    .flatMap(([fd, target]) => (target.endsWith('ptmx') ? [fd] : []))
    .toSorted((a, b) => a - b);
}
