import type { OutputBuffer, OutputReader } from '../src/index.ts';
import { until } from './condition.ts';

/** Everything one reader got of an output, taken and acknowledged as soon as it is there. */
export class Transcript {
  readonly reader: OutputReader;
  readonly gaps: [from: number, to: number][] = [];
  ended = false;
  #parts: Buffer[] = [];

  constructor(output: OutputBuffer, from: number | 'start' | 'end' = 'start') {
    this.reader = output.openReader(from, () => this.#take());
    this.#take();
  }

  get bytes(): Buffer {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [bytes];
    return bytes;
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  /** Waits until the text is there. */
  async shows(text: string): Promise<void> {
    const missing = () => `${JSON.stringify(text)} after ${JSON.stringify(this.text.slice(-200))}`;
    await until(() => this.text.includes(text), missing);
  }

  #take(): void {
    for (let chunk = this.reader.next(); chunk !== undefined; chunk = this.reader.next()) {
      if (chunk.kind === 'bytes') this.#parts.push(Buffer.from(chunk.bytes));
      else if (chunk.kind === 'gap') this.gaps.push([chunk.from, chunk.to]);
      else this.ended = true;
    }
    this.reader.acknowledge(this.reader.offset);
  }
}
