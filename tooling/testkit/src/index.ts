export { acpAgent } from './acp-agent.ts';
export { type AgentName, type AgentPackage, agentPackage, needAgent } from './agent-package.ts';
export { compileProgram } from './compile-program.ts';
export {
  type DaemonEnd,
  type LogLine,
  type StartDaemonOptions,
  spawnDaemon,
  startDaemon,
  type TestDaemon,
} from './daemon.ts';
export { GEMINI_MODELS, writeGeminiHome } from './gemini-home.ts';
export {
  type ModelAnswer,
  type ModelFailure,
  type ModelReply,
  type ModelToolCall,
  modelText,
  TOKEN_CHARACTERS,
} from './model-reply.ts';
export type { ModelRequest, ModelRequestEnd } from './model-request.ts';
export { type ModelServer, type ModelServerOptions, startModelServer } from './model-server.ts';
export { writeOpencodeHome } from './opencode-home.ts';
export { MODEL_IDS, MODEL_PROVIDER, writePiAgentDir } from './pi-agent-dir.ts';
export { writePiExtension } from './pi-extension.ts';
export { PI_GENERATIONS, type PiGeneration } from './pi-generation.ts';
export {
  descendants,
  isAlive,
  isRunning,
  type ProcessId,
  rssBytes,
  type SessionMember,
  sessionMembers,
} from './processes.ts';
export { type DaemonRun, runDaemon } from './run-daemon.ts';
export { StartedDaemons } from './started-daemons.ts';
export { RefusedUpgrade, WireClient, type WireClose, type WireTarget } from './wire-client.ts';
