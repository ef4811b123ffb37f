/** Resolves when `promise` has resolved or the time is over, whichever is first; leaves no timer behind. */
export async function settledWithin(ms: number, promise?: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await (promise === undefined ? timeout : Promise.race([promise, timeout]));
  clearTimeout(timer);
}
