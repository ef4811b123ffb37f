import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@sessiond/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { helpNotes } from '../help-layout.ts';
import { wholeNumber } from '../option-values.ts';
import { styleFor } from '../style.ts';
import { showLive } from '../top/live.ts';
import { overviewOf } from '../top/overview.ts';
import { wholePage } from '../top/page.ts';
import { takeSample } from '../top/sample.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface TopOptions extends CommonOptions {
  readonly interval: number;
  readonly once?: boolean;
}

const DEFAULT_INTERVAL_MS = 1_000;
/** Four a second: far below what a daemon allows one principal, of which there may be only this one. */
const MIN_INTERVAL_MS = 250;
const ANSWER_MS = 10_000;

const NOTES = `
Keys: r, n and a sort by rate, by name and by how many are attached; arrows, page keys, Home and End scroll; q quits.
Without a terminal, and with --json, it prints once. Rates are those of one interval, by the clock of the daemon.`;

/** `top`: the daemon and its sessions, as they are just now. */
export const top: CommandFactory = (execute) =>
  command('top', 'Watch the daemon: its sessions and their output, its load, and what is not at rest.')
    .addOption(
      new Option('--interval <ms>', 'milliseconds between two looks, at least 250')
        .argParser(interval)
        .default(DEFAULT_INTERVAL_MS),
    )
    .option('--once', 'print all of it once, after one interval')
    .addHelpText('after', helpNotes(NOTES))
    .action((_options: unknown, self: Command) =>
      execute((context) => watch(self.optsWithGlobals<TopOptions>(), context)),
    );

function watch(options: TopOptions, context: Context): Promise<number> {
  const isLive = context.isInteractive && options.once !== true && options.json !== true;
  return withDaemon(
    options,
    context,
    async ({ client }) => {
      if (isLive) await showLive(context, client, options.interval);
      else await printOnce(context, client, options);
      return EXIT_CODES.ok;
    },
    // Who watches a daemon watches its restart, too.
    isLive ? { reconnectMs: Number.MAX_SAFE_INTEGER } : {},
  );
}

async function printOnce(context: Context, client: Client, { interval: intervalMs, json }: TopOptions): Promise<void> {
  const { signal } = context.interruption;
  const limits = { signal, timeoutMs: ANSWER_MS };
  const earlier = await takeSample(client, limits);
  await delay(intervalMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  const overview = overviewOf(await takeSample(client, limits), earlier);
  if (json === true) await context.output.json(overview);
  else for (const line of wholePage(overview, 'rate', styleFor(context))) await context.output.line(line);
}

function interval(text: string): number {
  const value = wholeNumber(text);
  if (value < MIN_INTERVAL_MS) throw new InvalidArgumentError(`It must be at least ${MIN_INTERVAL_MS}.`);
  return value;
}
