import type { OwnerPeer } from './owner-peer.ts';
import type { PiBashOperations } from './pi-api.ts';
import type { ShellOutputs } from './shell-outputs.ts';

/** Variables with which pi tells the commands of its tools which session they are run for. */
const OWN_VARIABLES = ['PI_SESSION_ID', 'PI_SESSION_FILE', 'PI_PROVIDER', 'PI_MODEL', 'PI_REASONING_LEVEL'];

/**
 * Has lines of shell run by the daemon, with the environment it has for tools and not with that of this process, which knows the keys of providers; there they are
 * bounded, and end with all their processes when they are aborted or this process is gone.
 */
export function bashOperations(session: string, peer: OwnerPeer, outputs: ShellOutputs): PiBashOperations {
  return {
    exec: async (command, cwd, { onData, signal, timeout, env }) => {
      const aborted = () => signal?.aborted === true;
      if (aborted()) throw new Error('aborted');
      const shell = outputs.add(onData);
      const own = Object.fromEntries(
        OWN_VARIABLES.flatMap((name) => (env?.[name] === undefined ? [] : [[name, env[name]]])),
      );
      const timeoutMs = timeout === undefined || timeout <= 0 ? undefined : Math.ceil(timeout * 1000);
      const startedAt = performance.now();
      try {
        return await peer.request(
          'shell',
          { session, shell, command, cwd, env: own, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
          signal,
        );
      } catch (error) {
        // These two are how pi knows what to tell the model.
        if (aborted()) throw new Error('aborted');
        if (timeoutMs !== undefined && performance.now() - startedAt >= timeoutMs)
          throw new Error(`timeout:${timeout}`);
        throw error;
      } finally {
        outputs.remove(shell);
      }
    },
  };
}
