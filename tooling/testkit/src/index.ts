export {
  type DaemonEnd,
  type LogLine,
  type StartDaemonOptions,
  spawnDaemon,
  startDaemon,
  type TestDaemon,
} from './daemon.ts';
export { descendants, isAlive, type ProcessId, rssBytes, type SessionMember, sessionMembers } from './processes.ts';
export { RefusedUpgrade, WireClient, type WireClose, type WireTarget } from './wire-client.ts';
