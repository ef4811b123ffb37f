import type { Config, ResolvedConfig } from '../config/config.ts';
import type { OptionSpec } from '../config/option-spec.ts';
import { environmentName, flagName, OPTION_KEYS, OPTIONS } from '../config/options.ts';
import type { OptionValue } from '../config/values.ts';

/** The table of `sessiond config`: option, value, origin. */
export function configTable({ config, origins }: ResolvedConfig): string {
  const rows = OPTION_KEYS.map((key) => [flagName(key).slice(2), text(shown(key, config), OPTIONS[key]), origins[key]]);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]!.length));
  const [first, second] = [width(0), width(1)];
  return rows.map(([name, value, origin]) => `${name!.padEnd(first)}  ${value!.padEnd(second)}  ${origin}\n`).join('');
}

/** The same for programs: one object per option. */
export function configJson({ config, origins }: ResolvedConfig): string {
  const rows = OPTION_KEYS.map((key) => ({
    option: key,
    value: shown(key, config),
    origin: origins[key],
    flag: flagName(key),
    environment: environmentName(key),
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

/** The value, unless it may hold a secret: what is printed here ends up in tickets. */
function shown(key: keyof Config, config: Config): OptionValue {
  const spec = OPTIONS[key];
  const isSecret = spec.kind === 'text' && spec.secret === true;
  return isSecret && config[key] !== null ? '[redacted]' : config[key];
}

function text(value: OptionValue, spec: OptionSpec): string {
  if (value === null) return 'noneWord' in spec ? spec.noneWord! : '';
  return typeof value === 'object' ? value.join(',') || '-' : String(value);
}
