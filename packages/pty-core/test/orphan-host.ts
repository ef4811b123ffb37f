/**
 * A daemon to be killed: keeps a ledger in the folder of its first argument, starts the scripts of the others with sh on
 * terminals, records and marks them, and prints their pids as JSON. `plain:` before a script leaves it unmarked and unrecorded.
 */
import { childEnvironment, PtyManager } from '../src/index.ts';
import { LinuxProcessTable } from '../src/processes.ts';
import { PtyLedger } from '../src/pty-ledger.ts';

const PLAIN = 'plain:';

const [path, ...scripts] = process.argv.slice(2);
const ledger = PtyLedger.open(path!);
const ptys = new PtyManager();
const processes = new LinuxProcessTable();
// The mark of the tests, by which they find what they must not leave running.
const testMark = { STARTED_BY_TEST_FILE: process.env['STARTED_BY_TEST_FILE'] ?? '' };

const pids = scripts.map((entry) => {
  const plain = entry.startsWith(PLAIN);
  const script = plain ? entry.slice(PLAIN.length) : entry;
  const env = childEnvironment(process.env, { ...testMark, ...(plain ? {} : ledger.environment) });
  const pty = ptys.spawn({ command: 'sh', args: ['-c', script], env });
  if (!plain) ledger.started({ ptyId: pty.id, pid: pty.pid, startTime: processes.read(pty.pid)?.startTime });
  return pty.pid;
});
process.stdout.write(`${JSON.stringify({ instanceId: ledger.instanceId, pids })}\n`);
