/** What is known of a file without reading it; symbolic links are followed. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'socket' | 'other';
  readonly uid: number;
  /** The nine bits of who may do what. */
  readonly mode: number;
}

/** How full a file system is. */
export interface Room {
  readonly freeBytes: number;
  /** `undefined` where the file system does not count them. */
  readonly freeFiles: number | undefined;
}

/** What the checks ask this machine; a test answers instead with what it likes. Nothing here throws. */
export interface Machine {
  readonly uid: number;
  /** Empty if the user has none. */
  readonly userName: string;
  /** As `process.versions.node`. */
  readonly nodeVersion: string;
  /** Memory of the machine, whatever this process may have of it. */
  readonly memoryBytes: number;
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** `undefined` where there is no such file, or it cannot be seen. */
  file(path: string): FileFacts | undefined;
  /** The first 64 KiB of a text; `undefined` where it cannot be read. */
  read(path: string): string | undefined;
  /** How many entries a folder has. */
  entries(path: string): number | undefined;
  room(path: string): Room | undefined;
  mayWrite(path: string): boolean;
  isAlive(pid: number): boolean;
}
