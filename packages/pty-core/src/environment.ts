/** Variables a child may inherit from the host; everything else, secrets among it, stays behind. */
const INHERITED: readonly string[] = ['PATH', 'HOME', 'LANG', 'TZ', 'SHELL', 'USER', 'LOGNAME', 'COLORTERM'];

/** The terminal type a child is told of when the caller names none. */
export const DEFAULT_TERM = 'xterm-256color';

/**
 * Builds a child's environment: the allow-list taken from `host` (`PATH`, `HOME`, `LANG`, `LC_*`, `TZ`, `SHELL`,
 * `USER`, `LOGNAME`, `COLORTERM`), then `TERM`, then what the caller asked for, which wins.
 */
export function childEnvironment(
  host: Readonly<Record<string, string | undefined>>,
  requested: Readonly<Record<string, string>> = {},
  term: string = DEFAULT_TERM,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(host)) {
    if (value !== undefined && (INHERITED.includes(name) || name.startsWith('LC_'))) environment[name] = value;
  }
  return { ...environment, TERM: term, COLORTERM: environment['COLORTERM'] ?? 'truecolor', ...requested };
}
