import { once } from 'node:events';
import type { AgentPackage } from '@sessiond/testkit';
import type { Workbench } from '../workbench.ts';
import { type Answer, AnswerWatch, type Talk, type TalkEvent } from './talk.ts';

/** Where a pi runs and what with. */
export interface PiAloneOptions {
  readonly pi: AgentPackage;
  /** With its models and settings. */
  readonly agentDir: string;
  readonly cwd: string;
}

/** A pi of its own in RPC mode, which is how programs use it without a daemon. */
export interface PiAlone extends Talk {
  readonly pid: number;
  /** From the start of its process to its first answer. */
  readonly startMs: number;
}

/** Starts a pi and waits until it answers. */
export async function startPiAlone(bench: Workbench, { pi, agentDir, cwd }: PiAloneOptions): Promise<PiAlone> {
  const startedMs = performance.now();
  const child = bench.spawn(process.execPath, [pi.programPath, '--mode', 'rpc', '--no-extensions'], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: agentDir,
      PI_CODING_AGENT_DIR: agentDir,
      PI_OFFLINE: '1',
      PI_SKIP_VERSION_CHECK: '1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  let watch: AnswerWatch | undefined;
  let onResponse: (line: TalkEvent & { readonly success?: boolean; readonly error?: string }) => void = () => {};
  let rest: Buffer = Buffer.alloc(0);
  child.stdout!.on('data', (chunk: Buffer) => {
    watch?.received(chunk.length);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      const line = JSON.parse(bytes.toString('utf8', from, end));
      from = end + 1;
      if (line.type === 'response') onResponse(line);
      else watch?.event(line);
    }
    rest = bytes.subarray(from);
  });
  child.once('exit', () => watch?.fail(new Error('Cannot talk to pi: it ended')));
  const send = (command: object): void => void child.stdin!.write(`${JSON.stringify(command)}\n`);
  const answered = new Promise<void>((resolve) => {
    onResponse = () => resolve();
  });
  send({ type: 'get_state' });
  await Promise.race([answered, exited]);
  const startMs = performance.now() - startedMs;
  const begin = (message: string): AnswerWatch => {
    const watching = new AnswerWatch();
    watch = watching;
    onResponse = ({ success, error }) => {
      if (success !== true) watching.fail(new Error(`Cannot measure pi: ${error}`));
    };
    send({ type: 'prompt', message });
    return watching;
  };
  return {
    pid: child.pid!,
    startMs,
    prompt: (message): Promise<Answer> => begin(message).ended,
    abort: async (message) => {
      const watching = begin(message);
      await Promise.race([watching.begun, watching.ended]);
      const abortedMs = performance.now();
      send({ type: 'abort' });
      await watching.ended;
      return performance.now() - abortedMs;
    },
    close: async () => {
      child.stdin!.end();
      child.kill('SIGTERM');
      await exited;
    },
  };
}
