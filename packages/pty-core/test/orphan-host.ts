/**
 * A daemon to be killed: keeps a ledger in the folder of its first argument, starts the scripts of the others with sh on
 * terminals and prints their pids as JSON. `plain:` before a script leaves it unmarked and unrecorded.
 */
import { childEnvironment, PtyLedger, PtyManager } from '../src/index.ts';

const PLAIN = 'plain:';

const [path, ...scripts] = process.argv.slice(2);
const ledger = PtyLedger.open(path!);
const recorded = new PtyManager({ ledger });
const plain = new PtyManager();
// The mark of the tests, by which they find what they must not leave running.
const env = childEnvironment(process.env, { STARTED_BY_TEST_FILE: process.env['STARTED_BY_TEST_FILE'] ?? '' });

const pids = scripts.map((entry) => {
  const [ptys, script] = entry.startsWith(PLAIN) ? [plain, entry.slice(PLAIN.length)] : [recorded, entry];
  return ptys.spawn({ command: 'sh', args: ['-c', script], env }).pid;
});
process.stdout.write(`${JSON.stringify({ instanceId: ledger.instanceId, pids })}\n`);
