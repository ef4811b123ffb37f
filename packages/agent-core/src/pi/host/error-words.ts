import process from 'node:process';
import { hideSecrets, secretsIn } from '../../hide-secrets.ts';

/** How much of the words of an error is looked at, and told: some providers answer with a whole page. */
const MAX_LOOKED_AT = 65_536;
const MAX_TOLD = 2_000;

const SECRETS = secretsIn(process.env);

/** The words of an error of pi or of a provider as they may be told: at most 2,000 characters, without the keys in the environment of this process, nor what looks like one. */
export function errorWords(error: unknown): string {
  const words = error instanceof Error ? error.message : error;
  if (typeof words !== 'string' || words === '') return 'it does not say why';
  return hideSecrets(words.slice(0, MAX_LOOKED_AT), SECRETS).slice(0, MAX_TOLD);
}
