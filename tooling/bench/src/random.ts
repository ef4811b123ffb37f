/**
 * Random numbers that come again with the same seed: xorshift128, seeded through splitmix32. Not for secrets.
 */
export class Random {
  readonly #state: Uint32Array;

  /** Equal seeds, equal numbers. */
  constructor(seed: number) {
    this.#state = Uint32Array.from({ length: 4 }, (_, index) => mixed(seed + (index + 1) * 0x9e37_79b9));
    this.#state[0]! |= 1;
  }

  /** A whole number from 0 up to, not including, `end`; `end` is at most 2^32. */
  below(end: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * end);
  }

  /** Whether something that happens so often happens now. */
  chance(share: number): boolean {
    return this.#next() < share * 0x1_0000_0000;
  }

  /** One of these. Throws a RangeError when there are none. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('Cannot pick: there are no choices');
    return choices[this.below(choices.length)]!;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Uint8Array.from({ length: count }, () => this.below(256)));
  }

  #next(): number {
    const state = this.#state;
    const last = state[3]!;
    const mingled = last ^ (last << 11);
    state.copyWithin(1, 0, 3);
    state[0] = state[1]! ^ (state[1]! >>> 19) ^ mingled ^ (mingled >>> 8);
    return state[0]!;
  }
}

function mixed(value: number): number {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0_aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}
