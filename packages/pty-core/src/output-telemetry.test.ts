import { describe, expect, test } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import type { PtyEventBody } from './events.ts';
import { OutputBuffer, type OutputBufferOptions } from './output-buffer.ts';
import { OutputTelemetry } from './output-telemetry.ts';

function observed(options: OutputBufferOptions) {
  const clock = new FakeClock();
  const output = new OutputBuffer(options);
  const events: PtyEventBody[] = [];
  const telemetry = new OutputTelemetry(output, clock, (event) => events.push(event));
  const of = <T extends PtyEventBody['type']>(type: T) =>
    events.filter((event): event is Extract<PtyEventBody, { type: T }> => event.type === type);
  return {
    clock,
    output,
    of,
    /** As a pump does it. */
    write(bytes: number): void {
      output.append(new Uint8Array(bytes));
      output.flush();
      telemetry.outputArrived();
    },
    end(): void {
      output.finish();
      telemetry.finish();
    },
    pressure: () =>
      events.flatMap(({ type }) =>
        type.startsWith('pty.backpressure') ? [type.replace('pty.backpressure.', '')] : [],
      ),
  };
}

describe('[T014] output that was lost', () => {
  test('is told at once, then once a second, then at the end, and the sums agree exactly', async () => {
    const { clock, output, of, write, end } = observed({ capacityBytes: 100 });
    for (let time = 0; time < 2_450; time += 10) {
      write(70);
      await clock.advance(10);
    }
    end();
    const losses = of('pty.buffer.overflow');
    expect(losses).toHaveLength(4);
    const sum = losses.reduce((bytes, { droppedBytesSinceLastEvent }) => bytes + droppedBytesSinceLastEvent, 0);
    expect(sum).toBe(output.stats().totalDropped);
    expect(losses.at(-1)).toMatchObject({ totalDroppedBytes: sum, bufferUtilization: 1 });
    expect(sum).toBe(245 * 70 - 100);
    expect(clock.waiting).toBe(0);
  });

  test('is not told of when nothing was lost', async () => {
    const { clock, of, write, end } = observed({ capacityBytes: 100 });
    write(100);
    await clock.advance(5_000);
    end();
    expect(of('pty.buffer.overflow')).toEqual([]);
  });

  test('without capacity is everything', () => {
    const { of, write } = observed({ capacityBytes: 0 });
    write(7);
    expect(of('pty.buffer.overflow')).toEqual([
      { type: 'pty.buffer.overflow', droppedBytesSinceLastEvent: 7, totalDroppedBytes: 7, bufferUtilization: 0 },
    ]);
  });
});

test('[T010] that output came is told at once, then once a second, then at the end, and the sums agree exactly', async () => {
  const { clock, of, write, end } = observed({ capacityBytes: 100 });
  for (let time = 0; time < 1_500; time += 100) {
    write(3);
    await clock.advance(100);
  }
  write(3);
  end();
  expect(of('pty.output')).toEqual([
    { type: 'pty.output', bytes: 3, endOffset: 3 },
    { type: 'pty.output', bytes: 27, endOffset: 30 },
    { type: 'pty.output', bytes: 18, endOffset: 48 },
  ]);
});

describe('[B39] [T013] readers that lag', () => {
  test('are told of once when they begin and once when they have caught up', async () => {
    const { clock, output, write, pressure, of } = observed({ capacityBytes: 100 });
    const reader = output.openReader('start', () => {});
    for (let round = 0; round < 10; round += 1) {
      write(9);
      await clock.advance(500);
    }
    expect(pressure()).toEqual(['on']);
    const stats = { totalWritten: 81, totalDropped: 0, currentUtilization: 0.81, overflowEvents: 0 };
    expect(of('pty.backpressure.on')).toEqual([{ type: 'pty.backpressure.on', utilization: 0.81, stats }]);
    while (reader.next(5) !== undefined) {
      reader.acknowledge(reader.offset);
      await clock.advance(500);
    }
    expect(pressure()).toEqual(['on', 'off']);
  });

  test('are not told of when they take everything as it comes', () => {
    const { output, write, pressure } = observed({ capacityBytes: 100 });
    const reader = output.openReader('start', () => {
      while (reader.next() !== undefined) reader.acknowledge(reader.offset);
    });
    for (let round = 0; round < 100; round += 1) write(95);
    expect(pressure()).toEqual([]);
  });

  test('have caught up when the output is cleared, and when it ends', async () => {
    const { clock, output, write, end, pressure } = observed({ capacityBytes: 100 });
    write(80);
    await clock.advance(200);
    output.clear();
    await clock.advance(200);
    expect(pressure()).toEqual(['on', 'off']);
    write(80);
    await clock.advance(200);
    end();
    expect(pressure()).toEqual(['on', 'off', 'on', 'off']);
    expect(clock.waiting).toBe(0);
  });

  test('and cross the thresholds all the time are told of ten times a second at most', async () => {
    const { clock, output, write, pressure } = observed({ capacityBytes: 100 });
    const reader = output.openReader('start', () => {});
    for (let round = 0; round < 1_000; round += 1) {
      write(80);
      while (reader.next() !== undefined) reader.acknowledge(reader.offset);
      await clock.advance(1);
    }
    expect(pressure().length).toBeLessThanOrEqual(11);
  });
});
