export { EXIT_CODES } from './exit-codes.ts';
export { type MainOptions, main } from './main.ts';
