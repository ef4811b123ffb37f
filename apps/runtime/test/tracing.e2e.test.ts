import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

let dir: string;
let daemon: TestDaemon;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-tracing-'));
});
afterEach(async () => {
  await daemon.stop();
  rmSync(dir, { recursive: true });
});

interface Span {
  readonly name: string;
  readonly status: number;
  readonly attributes: Record<string, unknown>;
}

/** A module that sets an SDK up and writes one line per span, to be loaded before the daemon. */
function preload(): string {
  const sdk = import.meta.resolve('@opentelemetry/sdk-trace-base');
  const api = import.meta.resolve('@opentelemetry/api');
  const file = join(dir, 'otel.mjs');
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs';
    import { BasicTracerProvider, SimpleSpanProcessor } from ${JSON.stringify(sdk)};
    import { trace } from ${JSON.stringify(api)};
    const write = ({ name, status, attributes }) =>
      appendFileSync(${JSON.stringify(join(dir, 'spans'))}, JSON.stringify({ name, status: status.code, attributes }) + '\\n');
    const exporter = { export: (spans, done) => { spans.forEach(write); done({ code: 0 }); }, shutdown: async () => {} };
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));`,
  );
  return file;
}

function spans(): Span[] {
  const file = join(dir, 'spans');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return lines.map((line) => JSON.parse(line) as Span);
}

it('every command is a span where an SDK was loaded before the daemon', async () => {
  daemon = await startDaemon({ env: { NODE_OPTIONS: `--import ${preload()}` } });
  const client = await WireClient.connect({ socketPath: daemon.socketPath });
  const { data } = (await client.nextMessage()) as { data: { connectionId: string } };
  const pty = { command: '/bin/sh', args: ['-c', 'echo "[$NODE_OPTIONS]"; cat'] };
  await client.command({ id: 'c-1', type: 'create_session', kind: 'pty', sessionId: 's', cwd: '/', pty });
  expect(await client.command({ id: 'c-2', type: 'wait_for', sessionId: 's', text: '[]' })).toMatchObject({
    success: true,
  });
  await client.command({ id: 'c-3', type: 'get_state', sessionId: 'none' });
  await expect.poll(() => spans().map(({ name }) => name)).toEqual(['create_session', 'wait_for', 'get_state']);
  const [created, , missed] = spans();
  expect(created).toMatchObject({
    status: 0,
    attributes: {
      'session.id': 's',
      'sessiond.command.id': 'c-1',
      'sessiond.connection.id': data.connectionId,
      'enduser.id': 'owner',
      'sessiond.code': 'OK',
    },
  });
  expect(missed).toMatchObject({ status: 2, attributes: { 'error.type': 'SESSION_NOT_FOUND' } });
});
