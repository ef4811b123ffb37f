import type { Clock } from './clock.ts';
import { Coalescer } from './coalescer.ts';
import type { PtyEventBody } from './events.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Nobody needs to be told of more output, or of more loss, sooner than that. */
const REPORT_INTERVAL_MS = 1_000;
/** A reader may cross both thresholds thousands of times in a second; what it was at is told ten times. */
const PRESSURE_INTERVAL_MS = 100;

/**
 * Tells what happens to an output, as events that are few however much happens and whose sums are exact: that output came,
 * that some was lost, that readers lag. Costs a few comparisons per {@link OutputTelemetry.outputArrived}.
 */
export class OutputTelemetry {
  readonly #output: OutputBuffer;
  readonly #emit: (body: PtyEventBody) => void;
  readonly #arrivals: Coalescer;
  readonly #losses: Coalescer;
  readonly #pressure: Coalescer;
  #toldEnd = 0;
  #toldDropped = 0;
  #toldPressure = false;

  constructor(output: OutputBuffer, clock: Clock, emit: (body: PtyEventBody) => void) {
    this.#output = output;
    this.#emit = emit;
    this.#arrivals = new Coalescer(REPORT_INTERVAL_MS, clock, () => this.#tellArrival());
    this.#losses = new Coalescer(REPORT_INTERVAL_MS, clock, () => this.#tellLoss());
    this.#pressure = new Coalescer(PRESSURE_INTERVAL_MS, clock, () => this.#tellPressure());
    output.onBackpressure(() => this.#pressure.mark());
  }

  /** Looks at what has changed. Called after readers were given the chance to take what is new. */
  outputArrived(): void {
    if (this.#output.end !== this.#toldEnd) this.#arrivals.mark();
    if (this.#output.droppedBytes !== this.#toldDropped) this.#losses.mark();
  }

  /** Tells what is left to tell. Called when the output has ended. */
  finish(): void {
    this.outputArrived();
    this.#arrivals.flush();
    this.#losses.flush();
    this.#pressure.flush();
  }

  #tellArrival(): void {
    const endOffset = this.#output.end;
    const bytes = endOffset - this.#toldEnd;
    this.#toldEnd = endOffset;
    this.#emit({ type: 'pty.output', bytes, endOffset });
  }

  #tellLoss(): void {
    const { totalDropped, currentUtilization } = this.#output.stats();
    const droppedBytesSinceLastEvent = totalDropped - this.#toldDropped;
    this.#toldDropped = totalDropped;
    this.#emit({
      type: 'pty.buffer.overflow',
      droppedBytesSinceLastEvent,
      totalDroppedBytes: totalDropped,
      bufferUtilization: currentUtilization,
    });
  }

  #tellPressure(): void {
    const on = this.#output.underPressure;
    if (on === this.#toldPressure) return;
    this.#toldPressure = on;
    const stats = this.#output.stats();
    const type = on ? 'pty.backpressure.on' : 'pty.backpressure.off';
    this.#emit({ type, utilization: stats.currentUtilization, stats });
  }
}
