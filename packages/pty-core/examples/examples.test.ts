import { readFileSync } from 'node:fs';
import { chdir, cwd } from 'node:process';
import { afterEach, expect, test } from 'vitest';

const { log } = console;
const { write } = process.stdout;
const before = cwd();
afterEach(() => {
  console.log = log;
  process.stdout.write = write;
  chdir(before);
});

/** Runs an example and answers with what it printed. */
async function run(example: () => Promise<unknown>): Promise<string> {
  const printed: unknown[] = [];
  console.log = (...values: unknown[]) => {
    printed.push(...values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))), '\n');
  };
  process.stdout.write = ((bytes: Uint8Array) => {
    printed.push(Buffer.from(bytes).toString());
    return true;
  }) as typeof write;
  chdir('/tmp');
  await example();
  return printed.join('');
}

test.each(['quick-start.ts', 'beside-node-pty.ts'])('the README shows %s as it is', (name) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL(name, import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${source}\`\`\``);
});

test('quick-start', async () => {
  const printed = await run(() => import('./quick-start.ts'));
  expect(printed).toContain('42 is the answer\r\n');
  expect(printed).toContain('{"exitCode":3,"signal":null,"reason":"exited"}');
});

test('beside-node-pty', async () => {
  const printed = await run(() => import('./beside-node-pty.ts'));
  expect(printed).toBe('0 bytes with node-pty alone, 4893 with this package\n');
});

test('lossless-log', async () => {
  expect(await run(() => import('./lossless-log.ts'))).toBe('1488895 bytes written, 0 dropped\n');
});

test('late-watcher', async () => {
  const printed = await run(() => import('./late-watcher.ts'));
  expect(printed).toMatch(/^bytes 0 to 328 are gone\nthen "5\\r\\n86.*100\\r\\n" and the end, at 392\n$/);
});

test('patient-typing', async () => {
  expect(await run(() => import('./patient-typing.ts'))).toBe('refused sometimes, arrived: 500000\n');
});

test('collect', async () => {
  expect((await run(() => import('./collect.ts'))).split('\n')).toEqual([
    'all is well: exited with 0',
    'nothing is: exited with 7',
    'takes too long: terminated with SIGTERM',
    '',
  ]);
});

test('dialogue', async () => {
  expect(await run(() => import('./dialogue.ts'))).toBe('welcome Ada, your password has 6 letters\n');
});

test('supervised', async () => {
  expect((await run(() => import('./supervised.ts'))).split('\n')).toEqual([
    'worker exited with 3',
    'worker signaled with SIGSEGV',
    'worker is up',
    'worker terminated with SIGTERM',
    '',
  ]);
});
