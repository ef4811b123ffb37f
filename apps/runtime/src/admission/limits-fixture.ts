import type { AdmissionLimits } from './admission.ts';

/** For tests: admission that limits nothing. A test sets the limits that it is about. */
export const NO_LIMITS: AdmissionLimits = {
  dataCommandsPerMinute: null,
  controlCommandsPerMinute: null,
  totalCommandsPerMinute: null,
  principalSharePercent: 50,
  maxInflightCommands: null,
  maxInflightPerPrincipal: null,
  spawnFailuresPerPrincipal: null,
  spawnFailuresTotal: 50,
  spawnFailureWindowMs: 120_000,
  spawnPauseMs: 30_000,
  bashTimeoutsPerSession: null,
  bashTimeoutsTotal: 50,
  bashTimeoutWindowMs: 120_000,
  bashPauseMs: 30_000,
  providerFailures: null,
  providerFailureWindowMs: 120_000,
  providerPauseMs: 30_000,
  providerSlowMs: 60_000,
  agentFirstTokenMs: 600_000,
  agentPromptMs: 3_600_000,
  dialogAnswersPerMinute: null,
};
