/** A call that ends when it is told to. */
export class PendingCall {
  readonly act: () => Promise<string>;
  #end: { resolve: (value: string) => void; reject: (error: Error) => void } | undefined;

  constructor() {
    const ended = new Promise<string>((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    this.act = () => ended;
  }

  succeed(): void {
    this.#end!.resolve('late');
  }

  fail(): void {
    this.#end!.reject(new Error('late'));
  }
}

/** A call that succeeds at once. */
export async function good(): Promise<string> {
  return 'good';
}

/** A call that fails at once. */
export async function bad(): Promise<string> {
  throw new Error('bad');
}

/** Runs what it is given, for libraries that bind a function to a guard. */
export function act(call: () => Promise<string>): Promise<string> {
  return call();
}

/** Waits for the end of a call, whatever it is. */
export async function ended(call: Promise<unknown>): Promise<void> {
  await call.catch(() => {});
}

/** Whether a call is made and gives its value. */
export function succeeds(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}

/** Lets nobody have to care how a call ends. */
export function forget(call: Promise<unknown>): void {
  call.catch(() => {});
}

/** Throws unless the scene is set as the question says: an answer about another scene would mean nothing. */
export function premise(holds: boolean): void {
  if (!holds) throw new Error('Cannot ask: the library did not come into the state that the question is about');
}
