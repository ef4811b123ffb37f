/** Why somebody who may connect was sent away: all places are taken (`limit`), all that one principal may have (`share`), or the daemon ends (`draining`). */
export type ConnectionRefusal = 'limit' | 'share' | 'draining';
