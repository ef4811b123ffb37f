// The same as a package of the generation from 0.80 on, which is told by this class.
export * from './index.ts';

export class ModelRuntime {}
