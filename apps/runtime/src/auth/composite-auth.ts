import type { IncomingMessage } from 'node:http';
import type { AuthProvider, AuthResult, Principal } from './auth-provider.ts';

/** Lets in whom all of several providers let in, asked one after the other; the first to know who it is decides that. */
export class CompositeAuth implements AuthProvider {
  readonly #providers: readonly AuthProvider[];

  constructor(...providers: readonly AuthProvider[]) {
    this.#providers = providers;
  }

  async authenticate(request: IncomingMessage): Promise<AuthResult> {
    let principal: Principal | undefined;
    for (const provider of this.#providers) {
      const result = await provider.authenticate(request);
      if (!result.ok) return result;
      principal ??= result.principal;
    }
    return { ok: true, ...(principal !== undefined && { principal }) };
  }

  close(): void {
    for (const provider of this.#providers) provider.close?.();
  }
}
