/** Runs a program to its end, or to a deadline, and answers with what it printed and how it ended. */
import { childEnvironment, PtyManager } from '@sessiond/pty-core';

const ptys = new PtyManager();

async function run(command: string, args: readonly string[], deadlineMs: number): Promise<string> {
  const pty = ptys.spawn({ command, args, env: childEnvironment(process.env) });
  const deadline = setTimeout(() => pty.terminate({ gracePeriodMs: 200 }), deadlineMs);
  const parts: Uint8Array[] = [];
  for await (const chunk of pty.output.chunks()) {
    if (chunk.kind === 'bytes') parts.push(chunk.bytes);
  }
  clearTimeout(deadline);
  const { exitCode, signal, reason } = await pty.stopped;
  return `${Buffer.concat(parts).toString().trim()}: ${reason} with ${exitCode ?? signal}`;
}

console.log(await run('sh', ['-c', 'echo all is well'], 10_000));
console.log(await run('sh', ['-c', 'echo nothing is; exit 7'], 10_000));
console.log(await run('sh', ['-c', 'echo takes too long; exec sleep 60'], 100));
