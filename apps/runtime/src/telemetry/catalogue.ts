/*
 * Every metric of the daemon, and nothing else. What is exported here is emitted, documented in the operations manual, and
 * known under its Prometheus name to the dashboard and the rules in `deploy/`; tests hold all of that together.
 *
 * No label identifies a session, a connection or a person. The values of every label are chosen by code, or by the operator
 * where they name a kind of agent, never by input.
 */

export * from './catalogue/admission-rows.ts';
export * from './catalogue/agent-rows.ts';
export * from './catalogue/bash-rows.ts';
export * from './catalogue/command-rows.ts';
export * from './catalogue/connection-rows.ts';
export * from './catalogue/daemon-rows.ts';
export * from './catalogue/journal-rows.ts';
export * from './catalogue/process-rows.ts';
export * from './catalogue/session-rows.ts';
