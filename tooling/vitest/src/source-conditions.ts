import { defaultServerConditions } from 'vite';

/** How tests resolve imports: to the sources of sibling packages; and without `module`, or @opentelemetry/api resolves to a build Node cannot load. */
export const SOURCE_CONDITIONS: string[] = [
  '@sessiond/source',
  ...defaultServerConditions.filter((condition) => condition !== 'module'),
];
