import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import type { CommandFacts } from '../execution/command-tracer.ts';
import { CommandTracing } from './command-tracing.ts';

const facts: CommandFacts = {
  type: 'create_session',
  commandId: 'c-1',
  correlationId: 'c-1',
  sessionId: 's-1',
  principalId: 'ada',
  connectionId: 'n-1',
};

afterEach(() => {
  trace.disable();
  context.disable();
});

/** Sets an SDK up, as a program does that hosts or preloads one. */
function sdk(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return exporter;
}

it('traces nothing where no SDK is set up', () => {
  expect(new CommandTracing('1.0.0').begin(facts)).toBeUndefined();
});

describe('a command that is traced', () => {
  it('is a span that names the command, the session and who asked', () => {
    const exporter = sdk();
    new CommandTracing('1.2.3').begin(facts)!.end('OK');
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: 'create_session',
      kind: SpanKind.SERVER,
      status: { code: SpanStatusCode.UNSET },
      instrumentationScope: { name: 'sessiond', version: '1.2.3' },
    });
    expect(span!.attributes).toEqual({
      'rpc.system': 'sessiond',
      'rpc.method': 'create_session',
      'sessiond.command.id': 'c-1',
      'sessiond.correlation.id': 'c-1',
      'session.id': 's-1',
      'enduser.id': 'ada',
      'sessiond.connection.id': 'n-1',
      'sessiond.code': 'OK',
    });
  });

  it('has no attribute for what a command does not have', () => {
    const exporter = sdk();
    const bare = { ...facts, commandId: undefined, sessionId: undefined, connectionId: undefined };
    new CommandTracing('1.0.0').begin(bare)!.end('OK');
    expect(Object.keys(exporter.getFinishedSpans()[0]!.attributes)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(session\.id|sessiond\.(command|connection)\.id)$/)]),
    );
  });

  it('says with which code it failed', () => {
    const exporter = sdk();
    new CommandTracing('1.0.0').begin(facts)!.end('TIMEOUT');
    expect(exporter.getFinishedSpans()).toMatchObject([
      {
        status: { code: SpanStatusCode.ERROR, message: 'TIMEOUT' },
        attributes: { 'sessiond.code': 'TIMEOUT', 'error.type': 'TIMEOUT' },
      },
    ]);
  });

  it('is the parent of what is done for it, also after an await, and of nothing else', async () => {
    const exporter = sdk();
    const tracing = new CommandTracing('1.0.0');
    const [first, second] = [tracing.begin(facts)!, tracing.begin({ ...facts, commandId: 'c-2' })!];
    const work = async (name: string): Promise<void> => {
      await new Promise(setImmediate);
      trace.getTracer('handler').startSpan(name).end();
    };
    await Promise.all([first.within(() => work('of the first')), second.within(() => work('of the second'))]);
    trace.getTracer('handler').startSpan('of nobody').end();
    first.end('OK');
    second.end('OK');
    const spans = exporter.getFinishedSpans();
    const idOf = (commandId: string): string | undefined =>
      spans.find(({ attributes }) => attributes['sessiond.command.id'] === commandId)?.spanContext().spanId;
    const parentOf = (name: string): string | undefined =>
      spans.find((span) => span.name === name)?.parentSpanContext?.spanId;
    expect(parentOf('of the first')).toBe(idOf('c-1'));
    expect(parentOf('of the second')).toBe(idOf('c-2'));
    expect(parentOf('of nobody')).toBeUndefined();
  });
});
