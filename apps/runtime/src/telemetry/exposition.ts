import type { MemorySink } from '@sessiond/metrics-sinks';
import { PrometheusSink } from '@sessiond/metrics-sinks/prometheus';

/** Numbers as text, and what kind of text it is. */
export interface ExposedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Writes the numbers of a memory as Prometheus reads them. Whoever asks while a text is being written gets that one, so that many askers
 * cost what one does.
 *
 * What that takes is loaded with the daemon, not by the first scrape: that one would stall everybody's keys, and, in a daemon that has no descriptor
 * left, fail for good.
 */
export class Exposition {
  readonly #sink: PrometheusSink;
  #writing: Promise<ExposedMetrics> | undefined;

  constructor(memory: MemorySink) {
    this.#sink = new PrometheusSink({ memory });
  }

  expose(): Promise<ExposedMetrics> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<ExposedMetrics> {
    const text = await this.#sink.expose();
    return { contentType: this.#sink.contentType, text };
  }
}
