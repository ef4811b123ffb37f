export { PiBackend } from './pi-backend.ts';
export type { PiBackendOptions, PiSupervision } from './pi-backend-options.ts';
export { piHostPath } from './pi-host-path.ts';
