import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { findings } from '../doctor/checks.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding, Verdict } from '../doctor/finding.ts';
import { localMachine } from '../doctor/local-machine.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { helpNotes } from '../help-layout.ts';
import { countText } from '../quantity-text.ts';
import { type Style, styleFor } from '../style.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface DoctorOptions extends CommonOptions {
  readonly session: boolean;
  readonly verbose?: boolean;
}

const NOTES = `
Ends with 0 when nothing is wrong, which warnings do not change, and with 1 when something is.`;

/** `doctor`: what is wrong on this machine, and what to do about it. */
export const doctor: CommandFactory = (execute) =>
  command('doctor', 'Find out what is wrong on this machine, from the socket to a session that is started to see.')
    .option('--no-session', 'start no session')
    .option('--verbose', 'also print what is as it should be, and what could not be told')
    .addHelpText('after', helpNotes(NOTES))
    .action((_options: unknown, self: Command) =>
      execute((context) => examineAndTell(self.optsWithGlobals<DoctorOptions>(), context)),
    );

async function examineAndTell(options: DoctorOptions, context: Context): Promise<number> {
  const found = findings(await examine(options, context, localMachine()));
  const counts = count(found);
  if (options.json === true) {
    await context.output.json({ status: counts.trouble === 0 ? 'ok' : 'trouble', findings: found });
  } else {
    await context.output.write(report(found, styleFor(context), options.verbose === true));
  }
  return counts.trouble === 0 ? EXIT_CODES.ok : EXIT_CODES.failed;
}

/** What was found, one paragraph each, and one line that sums it up. */
function report(found: readonly Finding[], style: Style, isVerbose: boolean): string {
  const shown = found.filter(({ verdict }) => isVerbose || verdict === 'trouble' || verdict === 'warning');
  const width = Math.max(...shown.map(({ verdict }) => verdict.length), 0) + 2;
  const paint: Readonly<Record<Verdict, (text: string) => string>> = {
    ok: style.good,
    warning: style.notable,
    trouble: style.bad,
    skipped: style.faint,
  };
  const paragraphs = shown.map(({ check, verdict, message, remedy }) => {
    const lines = [`${paint[verdict](verdict)}${' '.repeat(width - verdict.length)}${check}: ${message}`];
    if (remedy !== undefined) lines.push(`${' '.repeat(width)}${remedy}`);
    return `${lines.join('\n')}\n`;
  });
  return `${paragraphs.join('')}${summary(count(found))}\n`;
}

function summary({ ok, warning, trouble, skipped }: Readonly<Record<Verdict, number>>): string {
  const checks = `${countText(ok, 'check')} found all well, ${skipped} did not apply`;
  if (trouble === 0 && warning === 0) return `Nothing is wrong here: ${checks}.`;
  if (trouble === 0)
    return `Nothing is wrong here, but there ${warning === 1 ? 'is' : 'are'} ${countText(warning, 'warning')}: ${checks}.`;
  return `Found ${countText(trouble, 'trouble')}${warning === 0 ? '' : ` and ${countText(warning, 'warning')}`}: ${checks}.`;
}

function count(found: readonly Finding[]): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { ok: 0, warning: 0, trouble: 0, skipped: 0 };
  for (const { verdict } of found) counts[verdict] += 1;
  return counts;
}
