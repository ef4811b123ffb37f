/** The part of `@sessiond/pty-core` that is measured, as its built files offer it. */
export interface BuiltPtyCore {
  readonly PtyManager: new () => BuiltManager;
  readonly childEnvironment: (host: NodeJS.ProcessEnv) => Record<string, string>;
}

/** See `PtyManager` of the package. */
export interface BuiltManager {
  spawn(options: BuiltOptions): BuiltPty;
  onEvent(listener: (event: { readonly type: string }) => void): unknown;
  terminateAll(options: { readonly gracePeriodMs: number }): Promise<void>;
}

/** See `PtyOptions` of the package. */
export interface BuiltOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly bufferBytes?: number;
  readonly overflow?: 'drop-oldest' | 'pause';
}

/** See `Pty` of the package. */
export interface BuiltPty {
  readonly state: string;
  readonly stopped: Promise<unknown>;
  readonly output: {
    openReader(from: 'start', onReadable: () => void): BuiltReader;
    snapshot(): {
      readonly start: number;
      readonly floor: number;
      readonly end: number;
      readonly totalDropped: number;
      readonly capacityBytes: number;
    };
  };
  write(data: Uint8Array): void;
  terminate(options: { readonly gracePeriodMs: number }): Promise<unknown>;
}

/** See `OutputReader` of the package. */
export interface BuiltReader {
  next(maxBytes?: number): BuiltChunk | undefined;
  acknowledge(offset: number): boolean;
}

/** See `OutputChunk` of the package. */
export type BuiltChunk =
  | { readonly kind: 'bytes'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number }
  | { readonly kind: 'end'; readonly offset: number };

/** Loads one of the package's built files; `index.js` is what users get. */
export async function importBuilt<Module>(file: string): Promise<Module> {
  const url = new URL(`../../../../packages/pty-core/dist/${file}`, import.meta.url);
  return (await import(url.href)) as Module;
}
