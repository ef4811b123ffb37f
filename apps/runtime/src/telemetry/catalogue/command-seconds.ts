/** From an answer out of memory to a program that has to be ended. */
export const COMMAND_SECONDS: readonly number[] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
