import { createRequire } from 'node:module';

/** What is used of undici, which both generations of pi depend on. */
interface Undici {
  readonly Agent: new (options: object) => object;
  readonly EnvHttpProxyAgent: new (options: object) => object;
  setGlobalDispatcher(dispatcher: object): void;
  /** Makes its `fetch` the global one; in versions that have it. */
  install?(): void;
}

/** Variables that say that requests go through a proxy. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];

/**
 * Lets a provider be silent for so long before its connection is given up; by itself Node does that after five minutes, which a model that thinks may need.
 * Takes the undici that pi brings along, and its `fetch` with it, since one release's `fetch` need not get on with another's connections. Without one, nothing is
 * changed.
 */
export function allowSilence(packageEntry: string, silenceMs: number, env: NodeJS.ProcessEnv): void {
  let undici: Undici;
  try {
    undici = createRequire(packageEntry)('undici') as Undici;
  } catch {
    return;
  }
  const Dispatcher = PROXIES.some((name) => env[name]) ? undici.EnvHttpProxyAgent : undici.Agent;
  undici.setGlobalDispatcher(new Dispatcher({ allowH2: false, bodyTimeout: silenceMs, headersTimeout: silenceMs }));
  undici.install?.();
}
