export type { AgentBackend } from '../backend.ts';
