export type { AgentBackend } from '../backend.ts';
export type { AcpBackendOptions } from './acp-backend-options.ts';
