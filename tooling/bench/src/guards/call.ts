/** What every call that succeeds gives; an object, as most answers are. */
export const ANSWER: object = Object.freeze({ bytes: 1 });

/** What every call that fails throws; made once, so that its stack is nobody's cost. */
export const FAILURE: Error = new Error('The call failed, as it should');

/** A call that succeeds at once. */
export async function succeed(): Promise<object> {
  return ANSWER;
}

/** A call that fails at once. */
export async function fail(): Promise<object> {
  throw FAILURE;
}

/** Calls in the window of the works that ask whether they cost. */
export const MANY_CALLS = 100_000;

/** Calls in the window at most of those beside them: one, or few enough to make no difference. */
export const FEW_CALLS = 100;
