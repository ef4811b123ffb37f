/** One thing that is wrong in the workspace: where, and what a reader has to change. */
export interface Finding {
  /** Path from the root of the repository. */
  readonly file: string;
  /** A sentence fragment that reads on from `file:`. */
  readonly problem: string;
}
