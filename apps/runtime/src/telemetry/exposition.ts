import type { MemorySink } from '@sessiond/metrics-sinks';
import type { PrometheusSink } from '@sessiond/metrics-sinks/prometheus';

/** Numbers as text, and what kind of text it is. */
export interface ExposedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Writes the numbers of a memory as Prometheus reads them.
 *
 * prom-client is loaded for the first one who asks, since most daemons are never scraped. Whoever asks while a text is being written gets
 * that one, so that many askers cost what one does.
 */
export class Exposition {
  readonly #memory: MemorySink;
  #sink: Promise<PrometheusSink> | undefined;
  #writing: Promise<ExposedMetrics> | undefined;

  constructor(memory: MemorySink) {
    this.#memory = memory;
  }

  expose(): Promise<ExposedMetrics> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<ExposedMetrics> {
    this.#sink ??= this.#load();
    const sink = await this.#sink;
    return { contentType: sink.contentType, text: await sink.expose() };
  }

  async #load(): Promise<PrometheusSink> {
    const { PrometheusSink } = await import('@sessiond/metrics-sinks/prometheus');
    return new PrometheusSink({ memory: this.#memory });
  }
}
