/** What a check came to: fine, worth knowing, wrong, or not to be told here. Only what is wrong fails the whole. */
export type Verdict = 'ok' | 'warning' | 'trouble' | 'skipped';

/** What one check found, in sentences. */
export interface Finding {
  /** What was looked at, for example `socket`. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** What a check says, before it has its name. */
export type Remark = Omit<Finding, 'check'>;

/** All is as it should be. */
export function ok(message: string): Remark {
  return { verdict: 'ok', message };
}

/** It works, and may not always. */
export function warning(message: string, remedy: string): Remark {
  return { verdict: 'warning', message, remedy };
}

/** It does not work, or is unsafe. */
export function trouble(message: string, remedy: string): Remark {
  return { verdict: 'trouble', message, remedy };
}

/** It cannot be told from here, or does not matter here. */
export function skipped(message: string): Remark {
  return { verdict: 'skipped', message };
}
