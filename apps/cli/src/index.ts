export { EXIT_CODES } from './exit-codes.ts';
export { type MainOptions, main, type ProgramEnd } from './main.ts';
