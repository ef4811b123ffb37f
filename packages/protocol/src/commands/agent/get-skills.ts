import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { list, object } from '../../fields.ts';

/** Something an agent has learned from a file. */
export interface AgentSkill {
  readonly name: string;
  readonly description?: string;
}

const agentSkill = object<AgentSkill>({ name: z.string() }, { description: z.string() });

/** Asks which skills an agent has. */
export interface GetSkillsCommand extends SessionCommandEnvelope {
  readonly type: 'get_skills';
}

/** The skills. */
export interface GetSkillsData {
  readonly skills: readonly AgentSkill[];
}

/** Contract of `get_skills`. */
export const getSkills: CommandContract<GetSkillsCommand, GetSkillsData> = contract({
  type: 'get_skills',
  summary: 'Lists the skills the agent has found.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_skills', id: 'c-69', sessionId: 'agent-1' },
  exampleData: { skills: [{ name: 'release', description: 'Makes a release' }] },
  schema: () => sessionCommand<GetSkillsCommand>('get_skills'),
  dataSchema: () => object<GetSkillsData>({ skills: list(agentSkill, 10_000) }),
});
