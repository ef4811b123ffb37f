import type { Config } from './config.ts';
import { OPTION_KEYS, OPTIONS } from './options.ts';

/** Every limit of the configuration by the name and in the unit it has there; `null` is off. */
export function configuredLimits(config: Config): Readonly<Record<string, number | null>> {
  const limits: Record<string, number | null> = {};
  for (const key of OPTION_KEYS) {
    const { kind } = OPTIONS[key];
    if ((kind === 'integer' || kind === 'bytes') && key !== 'port') limits[key] = config[key] as number | null;
  }
  return limits;
}
