import { type BatchObservableCallback, type MeterProvider, metrics, type Observable } from '@opentelemetry/api';
import pino from 'pino';
import { afterEach, expect, it } from 'vitest';
import { createInstruments } from '../compose-instruments.ts';
import { resolveConfig } from '../config/config.ts';
import type { Instruments } from './instruments.ts';

let instruments: Instruments;
afterEach(async () => {
  await instruments.close();
  metrics.disable();
});

function create(): void {
  const { config } = resolveConfig({ flags: {}, env: {}, file: null, homeDir: '/home/nobody' });
  const log = { logger: pino({ level: 'silent' }), droppedLines: () => 3, flush: () => {} };
  instruments = createInstruments({ config, log, version: '1.2.3' });
}

/** An SDK that remembers which instruments were made, and reads those that are observed. */
class FakeSdk {
  readonly meters: string[] = [];
  readonly histograms = new Map<string, number[]>();
  readonly #callbacks = new Set<BatchObservableCallback>();

  readonly provider: MeterProvider = {
    getMeter: (name: string, version?: string) => {
      this.meters.push(`${name} ${version}`);
      const observable = (instrument: string): Observable => ({ instrument }) as unknown as Observable;
      return {
        createObservableCounter: observable,
        createObservableUpDownCounter: observable,
        createObservableGauge: observable,
        createHistogram: (instrument: string) => {
          const recorded: number[] = [];
          this.histograms.set(instrument, recorded);
          return { record: (value: number) => recorded.push(value) };
        },
        addBatchObservableCallback: (callback: BatchObservableCallback) => this.#callbacks.add(callback),
        removeBatchObservableCallback: (callback: BatchObservableCallback) => this.#callbacks.delete(callback),
      };
    },
  } as unknown as MeterProvider;

  read(): Map<string, number> {
    const values = new Map<string, number>();
    const observe = (of: unknown, value: number, labels: object): void => {
      values.set([(of as { instrument: string }).instrument, ...Object.values(labels)].join(' '), value);
    };
    for (const callback of this.#callbacks) void callback({ observe } as never);
    return values;
  }
}

it('gives the same numbers to an SDK of OpenTelemetry that is there', async () => {
  const sdk = new FakeSdk();
  metrics.setGlobalMeterProvider(sdk.provider);
  create();
  expect(sdk.meters).toEqual(['sessiond 1.2.3']);
  instruments.telemetry.authFailed('origin');
  instruments.telemetry.commands.commandFinished({ type: 'attach' }, 'OK', 2_000);
  const values = sdk.read();
  expect(values.get('sessiond.auth.failures origin')).toBe(1);
  expect(values.get('sessiond.log.dropped')).toBe(3);
  expect(values.get('sessiond.limit maxPtys')).toBe(300);
  expect(values.get('process.memory.usage')).toBeGreaterThan(1_000_000);
  expect(sdk.histograms.get('sessiond.command.duration')).toEqual([2]);
  expect(instruments.samples()).toContainEqual(
    expect.objectContaining({ name: 'sessiond.auth.failures', labels: { reason: 'origin' }, value: 1 }),
  );
  expect((await instruments.expose()).text).toContain('sessiond_auth_failures_total{reason="origin"} 1');
  await instruments.close();
  expect(sdk.read().size).toBe(0);
});

it('does without one, and without anything that has to be set up', async () => {
  create();
  expect(instruments.samples()).toContainEqual(expect.objectContaining({ name: 'sessiond.log.dropped', value: 3 }));
  expect(instruments.health()).toEqual({ name: 'alerts', status: 'ok' });
  await instruments.close();
  await instruments.close();
});
