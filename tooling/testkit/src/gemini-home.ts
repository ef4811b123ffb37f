import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Models that a gemini agent of tests goes between; the first is its own. Neither is one that it would choose by itself, which it asks another model about. */
export const GEMINI_MODELS: readonly [string, string] = ['gemini-2.5-flash', 'gemini-2.5-pro'];

/**
 * Makes a folder the home of a gemini agent and returns the variables that its process needs: the model server is its only provider, tools ask for permission, and
 * it neither updates itself nor tells anybody how it is used.
 */
export function writeGeminiHome(dir: string, geminiUrl: string): Record<string, string> {
  const configDir = join(dir, '.gemini');
  mkdirSync(configDir, { recursive: true });
  const settings = {
    model: { name: GEMINI_MODELS[0] },
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
    privacy: { usageStatisticsEnabled: false },
  };
  writeFileSync(join(configDir, 'settings.json'), JSON.stringify(settings, null, 2));
  return {
    HOME: dir,
    TMPDIR: dir,
    // With both it takes the address for a gateway's, and asks nobody else.
    GOOGLE_GEMINI_BASE_URL: geminiUrl,
    GEMINI_API_KEY: 'not-a-key',
    // It would start itself anew, for more memory.
    GEMINI_CLI_NO_RELAUNCH: '1',
  };
}
