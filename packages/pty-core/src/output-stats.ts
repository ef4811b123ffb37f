/** Totals of one output, as plain JSON. */
export interface OutputStats {
  readonly totalWritten: number;
  /** Bytes overwritten before every reader that counts had them. */
  readonly totalDropped: number;
  /** Undelivered bytes as a share of the capacity, 0 to 1. */
  readonly currentUtilization: number;
  /** How many times an append had to drop undelivered bytes. */
  readonly overflowEvents: number;
}
