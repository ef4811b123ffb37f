export type { AgentBackend } from '../backend.ts';
export type { FakeBackendOptions } from './fake-backend-options.ts';
