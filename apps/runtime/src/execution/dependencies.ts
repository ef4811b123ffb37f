import { ProtocolError, type ProtocolFault } from '@sessiond/protocol';
import type { ObservedCode } from './command-observer.ts';
import { untilAborted } from './until-aborted.ts';

/** A command that another one may depend on, while it is not answered. */
export interface Dependency {
  /** Calls `listener` once, with how it ended. @returns how to take that back; idempotent. */
  onAnswered(listener: (code: ObservedCode) => void): () => void;
}

/** Finds the command with this id: the one that waits or runs, or how it has ended; `undefined` if neither is known. */
export type DependencyLookup<D extends Dependency> = (commandId: string) => D | ObservedCode | undefined;

/**
 * What a command has to wait for. Whatever it names must have been sent before it, so that no two commands can wait for each other: the only cycle is to depend on oneself.
 *
 * A command that fails, or that has, fails the one that depends on it at once. Bounded by the ids that one command may name.
 */
export class Dependencies<D extends Dependency> {
  /** With how to listen to them no longer. */
  readonly #unmet = new Map<D, () => void>();
  #wake: () => void = () => {};

  /** @throws ProtocolError when it is known already that the command cannot run. */
  constructor(
    { id, dependsOn = [] }: { readonly id?: string | undefined; readonly dependsOn?: readonly string[] | undefined },
    lookup: DependencyLookup<D>,
    onFailed: (reason: ProtocolError) => void,
  ) {
    const found = dependsOn.map((commandId) => [commandId, unmet(commandId, id, lookup)] as const);
    for (const [commandId, dependency] of found) {
      if (dependency === undefined || this.#unmet.has(dependency)) continue;
      const stop = dependency.onAnswered((code) => {
        if (code !== 'OK') onFailed(failed(commandId, code));
        else if (this.#unmet.delete(dependency)) this.#wake();
      });
      this.#unmet.set(dependency, stop);
    }
  }

  /** Whether nothing is left to wait for but what `isExcepted`. */
  isMet(isExcepted: (dependency: D) => boolean = () => false): boolean {
    for (const dependency of this.#unmet.keys()) if (!isExcepted(dependency)) return false;
    return true;
  }

  /** Resolves as soon as {@link isMet}. Rejects with the reason of the signal when that aborts before. One wait at a time. */
  async met(signal: AbortSignal, isExcepted?: (dependency: D) => boolean): Promise<void> {
    signal.throwIfAborted();
    if (this.isMet(isExcepted)) return;
    const met = (): Promise<void> =>
      new Promise((resolve) => {
        this.#wake = () => {
          if (this.isMet(isExcepted)) resolve();
        };
      });
    await untilAborted(met, signal);
  }

  /** The command waits for nothing any more; a dependency that goes on for long remembers nothing of it. Idempotent. */
  close(): void {
    for (const stop of this.#unmet.values()) stop();
    this.#unmet.clear();
  }
}

/** The dependency if it is to be waited for, `undefined` if it has succeeded. @throws ProtocolError if it never can. */
function unmet<D extends Dependency>(
  commandId: string,
  own: string | undefined,
  lookup: DependencyLookup<D>,
): D | undefined {
  if (commandId === own) {
    throw errorOf('DEPENDENCY_CYCLE', 'Cannot run the command: it depends on itself', { dependency: commandId });
  }
  const known = lookup(commandId);
  if (typeof known === 'object') return known;
  if (known === 'OK') return undefined;
  if (known !== undefined) throw failed(commandId, known);
  const message = 'Cannot run the command: it depends on one that was not sent before it, or is no longer remembered';
  throw errorOf('DEPENDENCY_UNKNOWN', message, { dependency: commandId });
}

function failed(dependency: string, code: ObservedCode): ProtocolError {
  return errorOf('DEPENDENCY_FAILED', 'Cannot run the command: one that it depends on failed', { dependency, code });
}

function errorOf(
  code: 'DEPENDENCY_CYCLE' | 'DEPENDENCY_UNKNOWN' | 'DEPENDENCY_FAILED',
  message: string,
  details: NonNullable<ProtocolFault['details']>,
): ProtocolError {
  return new ProtocolError(code, message, { details });
}
