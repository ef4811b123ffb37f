import type { Kept, Removal } from './retention.ts';

/** What is counted of the entries that are kept. What a batch changes of it can be taken back, for one that could not be written. */
export class KeptEntries {
  #first: number;
  #next: number;
  #bytes: number;
  #before: Pick<Kept, 'first' | 'bytes'>;

  constructor({ first, next, bytes }: Kept) {
    this.#first = first;
    this.#next = next;
    this.#bytes = bytes;
    this.#before = { first, bytes };
  }

  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** As it is now, for work that takes time: it has to count from where it began. */
  snapshot(): Kept {
    return { first: this.#first, next: this.#next, bytes: this.#bytes };
  }

  /** The number of a new entry. Numbers are never used twice, whatever becomes of the entry. */
  takeNumber(): number {
    const number = this.#next;
    this.#next += 1;
    return number;
  }

  /** What changes from now on is that of a batch. */
  beginBatch(): void {
    this.#before = { first: this.#first, bytes: this.#bytes };
  }

  /** The batch was not written: everything but the numbers is as before it. */
  takeBack(): void {
    this.#first = this.#before.first;
    this.#bytes = this.#before.bytes;
  }

  /** Entries have grown or shrunk by so much. */
  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The oldest entries go. */
  remove({ first, bytes }: Removal): void {
    this.#first = first;
    this.#bytes -= bytes;
  }
}
