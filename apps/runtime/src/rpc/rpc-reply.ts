import type { RpcOutput } from './rpc-output.ts';

/** The answer to one command of the dialect: the first one given is written, later ones are not. */
export class RpcReply {
  readonly #output: RpcOutput;
  readonly #head: { readonly id?: string; readonly type: 'response'; readonly command: string };
  #isGiven = false;

  constructor(output: RpcOutput, command: string, id: string | undefined) {
    this.#output = output;
    this.#head = { ...(id !== undefined && { id }), type: 'response', command };
  }

  /** Without data the answer has none; `null` is data. */
  succeed(data?: object | null): void {
    this.#give({ success: true, ...(data !== undefined && { data }) });
  }

  /** One sentence for people. */
  fail(error: string): void {
    this.#give({ success: false, error });
  }

  #give(outcome: object): void {
    if (this.#isGiven) return;
    this.#isGiven = true;
    this.#output.write(JSON.stringify({ ...this.#head, ...outcome }));
  }
}
