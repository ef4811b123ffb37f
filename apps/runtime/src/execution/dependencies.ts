import { ProtocolError, type ProtocolFault } from '@sessiond/protocol';
import type { ObservedCode } from './command-observer.ts';

/** A command that another one may depend on, while it is not answered. */
export interface Dependency {
  /** Calls `listener` once, with how it ended. */
  onAnswered(listener: (code: ObservedCode) => void): void;
}

/** How a dependency is found. */
export interface DependencyLookup<D extends Dependency> {
  /** The command with this id that waits or runs. */
  unanswered(commandId: string): D | undefined;
  /** How the command with this id has ended, if that is remembered. */
  ended(commandId: string): ObservedCode | undefined;
}

/**
 * What a command has to wait for. Whatever it names must have been sent before it, so that no two commands can wait for each other: the only cycle is to depend on oneself.
 *
 * A command that fails, or that has, fails the one that depends on it at once.
 */
export class Dependencies<D extends Dependency> {
  readonly #unmet = new Set<D>();
  #wake: () => void = () => {};

  /** @throws ProtocolError when it is known already that the command cannot run. */
  constructor(
    { id, dependsOn = [] }: { readonly id?: string | undefined; readonly dependsOn?: readonly string[] | undefined },
    lookup: DependencyLookup<D>,
    onFailed: (reason: ProtocolError) => void,
  ) {
    const found = dependsOn.map((commandId) => [commandId, unmet(commandId, id, lookup)] as const);
    for (const [commandId, dependency] of found) {
      if (dependency === undefined) continue;
      this.#unmet.add(dependency);
      dependency.onAnswered((code) => {
        if (code !== 'OK') onFailed(failed(commandId, code));
        else if (this.#unmet.delete(dependency)) this.#wake();
      });
    }
  }

  /** Whether nothing is left to wait for but what `isExcepted`. */
  isMet(isExcepted: (dependency: D) => boolean = () => false): boolean {
    for (const dependency of this.#unmet) if (!isExcepted(dependency)) return false;
    return true;
  }

  /** Resolves as soon as {@link isMet}. Rejects with the reason of the signal when that aborts before. */
  async met(signal: AbortSignal, isExcepted?: (dependency: D) => boolean): Promise<void> {
    signal.throwIfAborted();
    while (!this.isMet(isExcepted)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
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
  const dependency = lookup.unanswered(commandId);
  if (dependency !== undefined) return dependency;
  const code = lookup.ended(commandId);
  if (code === 'OK') return undefined;
  if (code !== undefined) throw failed(commandId, code);
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
