import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { ObservedCode } from '../execution/command-observer.ts';
import type { CommandFacts, CommandSpan, CommandTracer } from '../execution/command-tracer.ts';

/**
 * Traces every command that is let in as a span of kind server, named after its type, with the attributes `rpc.system`, `rpc.method`, `sessiond.command.id`,
 * `sessiond.correlation.id`, `session.id`, `enduser.id`, `sessiond.connection.id` and, at the end, `sessiond.code`; a refusal or failure
 * sets `error.type` and the status to an error. What a handler does belongs to the span, so that spans made there nest.
 *
 * Nothing of what a command carries becomes an attribute. Where no SDK is set up, or it does not sample the command, `begin` returns
 * `undefined` for the price of one span that records nothing, and the command runs as if nobody traced.
 */
export class CommandTracing implements CommandTracer {
  readonly #tracer: Tracer;

  /** `version` is that of the daemon. */
  constructor(version: string) {
    this.#tracer = trace.getTracer('sessiond', version);
  }

  begin({
    type,
    commandId,
    correlationId,
    sessionId,
    principalId,
    connectionId,
  }: CommandFacts): CommandSpan | undefined {
    const span = this.#tracer.startSpan(type, { kind: SpanKind.SERVER });
    if (!span.isRecording()) return undefined;
    span.setAttributes({
      'rpc.system': 'sessiond',
      'rpc.method': type,
      'sessiond.correlation.id': correlationId,
      'enduser.id': principalId,
      ...(commandId !== undefined && { 'sessiond.command.id': commandId }),
      ...(sessionId !== undefined && { 'session.id': sessionId }),
      ...(connectionId !== undefined && { 'sessiond.connection.id': connectionId }),
    });
    return new RecordedSpan(span);
  }
}

/** A command that is recorded. */
class RecordedSpan implements CommandSpan {
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  within<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.#span), work);
  }

  end(code: ObservedCode): void {
    this.#span.setAttribute('sessiond.code', code);
    if (code !== 'OK') {
      this.#span.setAttribute('error.type', code);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    }
    this.#span.end();
  }
}
