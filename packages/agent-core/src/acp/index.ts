export { AcpBackend } from './acp-backend.ts';
export type { AcpBackendOptions } from './acp-backend-options.ts';
