import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name of the provider that agents know the model server by. */
export const MODEL_PROVIDER = 'loopback';

/** Models that agents find there, the first by default. */
export const MODEL_IDS: readonly [string, string] = ['small', 'large'];

/**
 * Makes a folder the settings of a pi agent (`PI_CODING_AGENT_DIR`), for pi 0.74 and later: the model server is its only provider, `loopback/small`
 * its model, which sees pictures and thinks. pi asks a provider that failed once more only with `retries`.
 */
export function writePiAgentDir(dir: string, baseUrl: string, options: { readonly retries?: number } = {}): void {
  mkdirSync(dir, { recursive: true });
  const models = MODEL_IDS.map((id) => ({
    id,
    name: `Loopback ${id}`,
    reasoning: true,
    input: ['text', 'image'],
    contextWindow: 128_000,
    maxTokens: 32_000,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  }));
  const provider = {
    api: 'openai-completions',
    baseUrl,
    apiKey: 'not-a-key',
    compat: { supportsDeveloperRole: false, supportsReasoningEffort: false },
    models,
  };
  writeFileSync(join(dir, 'models.json'), JSON.stringify({ providers: { [MODEL_PROVIDER]: provider } }, null, 2));
  const retries = options.retries ?? 0;
  const settings = {
    defaultProvider: MODEL_PROVIDER,
    defaultModel: MODEL_IDS[0],
    defaultThinkingLevel: 'off',
    retry: { enabled: retries > 0, maxRetries: retries, baseDelayMs: 1 },
    quietStartup: true,
  };
  writeFileSync(join(dir, 'settings.json'), JSON.stringify(settings, null, 2));
}
