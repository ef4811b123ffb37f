/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;
/** The longest a timer can wait. */
export const MAX_TIMER_MS = 2_147_483_647;
/** Bytes of a kibibyte. */
export const KIB = 1024;
/** Bytes of a mebibyte. */
export const MIB: number = 1024 * KIB;
/** Bytes of a gibibyte. */
export const GIB: number = 1024 * MIB;
