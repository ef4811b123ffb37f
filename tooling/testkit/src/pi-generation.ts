import type { AgentName } from './agent-package.ts';

/** A generation of pi, and the Node that it needs when it is not this one. */
export interface PiGeneration {
  readonly name: AgentName;
  readonly node?: AgentName;
}

/** Both generations of pi that can be hosted. */
export const PI_GENERATIONS: readonly PiGeneration[] = [{ name: 'pi-0.74' }, { name: 'pi-0.87', node: 'node24' }];
