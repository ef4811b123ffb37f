import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_IDS, MODEL_PROVIDER } from './pi-agent-dir.ts';

/**
 * Makes a folder the home of an opencode agent and returns the variables that its process needs: the model server is its only provider,
 * `loopback/small` its model for everything, no tool asks for permission, and it neither updates itself nor looks for models elsewhere.
 */
export function writeOpencodeHome(dir: string, baseUrl: string): Record<string, string> {
  const configDir = join(dir, '.config', 'opencode');
  mkdirSync(configDir, { recursive: true });
  const config = {
    provider: {
      [MODEL_PROVIDER]: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Loopback',
        options: { baseURL: baseUrl, apiKey: 'not-a-key' },
        models: Object.fromEntries(
          MODEL_IDS.map((id) => [
            id,
            {
              name: `Loopback ${id}`,
              limit: { context: 128_000, output: 32_000 },
              modalities: { input: ['text', 'image'], output: ['text'] },
              attachment: true,
              reasoning: true,
              tool_call: true,
            },
          ]),
        ),
      },
    },
    enabled_providers: [MODEL_PROVIDER],
    model: `${MODEL_PROVIDER}/${MODEL_IDS[0]}`,
    small_model: `${MODEL_PROVIDER}/${MODEL_IDS[0]}`,
    permission: 'allow',
    autoupdate: false,
    share: 'disabled',
  };
  writeFileSync(join(configDir, 'opencode.json'), JSON.stringify(config, null, 2));
  return {
    HOME: dir,
    // It unpacks libraries there at each start, and leaves them.
    TMPDIR: dir,
    XDG_CONFIG_HOME: join(dir, '.config'),
    XDG_DATA_HOME: join(dir, '.local', 'share'),
    XDG_STATE_HOME: join(dir, '.local', 'state'),
    XDG_CACHE_HOME: join(dir, '.cache'),
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  };
}
