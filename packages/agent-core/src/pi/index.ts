export { PiBackend } from './pi-backend.ts';
export { piHostPath } from './pi-host-path.ts';
export type { PiBackendOptions, PiSupervision } from './pi-options.ts';
