export type { AgentBackend } from '../backend.ts';
export type { PiBackendOptions } from './pi-backend-options.ts';
