import { describe, expect, it } from 'vitest';
import { within } from './deadline.ts';

const onTimeout = () => new Error('too late');

describe('within', () => {
  it('settles with the executor', async () => {
    await expect(within({ timeoutMs: 1_000, onTimeout }, (resolve) => resolve(5))).resolves.toBe(5);
    await expect(within({ timeoutMs: 1_000, onTimeout }, (_, reject) => reject(new Error('no')))).rejects.toThrow('no');
  });

  it('rejects with the timeout error and gives the work up', async () => {
    let abandoned = 0;
    const wait = within({ timeoutMs: 1, onTimeout, onAbandon: () => (abandoned += 1) }, () => {});
    await expect(wait).rejects.toThrow('too late');
    expect(abandoned).toBe(1);
  });

  it('rejects with the reason of a signal, also one that was aborted before', async () => {
    const controller = new AbortController();
    let abandoned = 0;
    const limits = { signal: controller.signal, timeoutMs: 60_000, onTimeout, onAbandon: () => (abandoned += 1) };
    const wait = within(limits, () => {});
    controller.abort(new Error('changed my mind'));
    await expect(wait).rejects.toThrow('changed my mind');
    await expect(within(limits, () => expect.unreachable())).rejects.toThrow('changed my mind');
    expect(abandoned).toBe(2);
  });

  it('waits on once the deadline was lifted, but not past the signal', async () => {
    const controller = new AbortController();
    let settle = (_value: string): void => {};
    const wait = within<string>({ timeoutMs: 5, onTimeout }, (resolve, _reject, liftDeadline) => {
      liftDeadline();
      settle = resolve;
    });
    const aborted = within({ timeoutMs: 5, onTimeout, signal: controller.signal }, (_resolve, _reject, lift) => lift());
    await new Promise((resolve) => setTimeout(resolve, 20));
    settle('in the end');
    controller.abort(new Error('changed my mind'));
    await expect(wait).resolves.toBe('in the end');
    await expect(aborted).rejects.toThrow('changed my mind');
  });

  it('survives timeouts longer than a timer can hold', async () => {
    const wait = within({ timeoutMs: Number.MAX_SAFE_INTEGER, onTimeout }, (resolve) => setImmediate(resolve, 'ok'));
    await expect(wait).resolves.toBe('ok');
  });
});
