/** Where connections come from, for what is written down about them; as many as there are connections. */
export class AuditedConnections {
  readonly #addresses = new Map<string, string | null>();

  /** @returns how to forget it. */
  add(connectionId: string, remoteAddress: string | null): () => void {
    this.#addresses.set(connectionId, remoteAddress);
    return () => this.#addresses.delete(connectionId);
  }

  /** `undefined` for what is not known or has no connection. */
  remoteAddress(connectionId: string | undefined): string | null | undefined {
    return connectionId === undefined ? undefined : this.#addresses.get(connectionId);
  }
}
