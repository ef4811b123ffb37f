/** What a client of the dialect asks for cannot be had from a session of the daemon; the message is one sentence that says so. */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal';
}
