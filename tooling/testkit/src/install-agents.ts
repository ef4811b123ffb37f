/** Installs what the tests with real agents need, and says which of it there is not. */
import { AGENT_NAMES, agentPlace } from './agent-package.ts';
import { installAgent } from './install-agent.ts';

// One after the other: npm loads in parallel by itself.
for (const name of AGENT_NAMES) {
  const place = agentPlace(name);
  const outcome = await installAgent(place);
  if (outcome.kind === 'installed') console.log(`installed ${place.spec}`);
  if (outcome.kind === 'failed')
    console.log(`cannot install ${place.spec}, its tests will be skipped: ${outcome.reason}`);
}
