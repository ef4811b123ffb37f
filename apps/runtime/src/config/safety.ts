import { isAbsolute } from 'node:path';
import { AGENT_KINDS, parseAgentProgram } from '../agents/agent-program.ts';
import { parseAddressList } from '../auth/address-list.ts';
import { isLoopback } from '../http/host-name.ts';
import { StartupError } from '../startup-error.ts';
import type { Config } from './options.ts';

/**
 * Refuses combinations of options that would open the daemon to strangers, or that contradict each other.
 * Each sentence says what to change.
 */
export function assertSafe(config: Config): void {
  if (config.noTcp && config.noSocket) {
    throw unsafe('nothing is left to listen on; drop --no-tcp or --no-socket');
  }
  if (config.heartbeatTimeoutMs > config.heartbeatMs) {
    throw new StartupError(
      'CONFIG_INVALID',
      `Cannot use option heartbeatTimeoutMs: found ${config.heartbeatTimeoutMs.toLocaleString('en')}, allowed is at most heartbeatMs, which is ${config.heartbeatMs.toLocaleString('en')}`,
    );
  }
  for (const origin of config.allowOrigin) assertOrigin(origin);
  assertWebhook(config.alertWebhook);
  assertAddresses('allowIp', config.allowIp);
  assertAddresses('trustedProxy', config.trustedProxy);
  assertAccess(config);
  assertAgents(config);
  if (config.noTcp) return;
  if (config.auth === 'none' && !isLoopback(config.host)) {
    throw unsafe(
      `everyone who reaches ${config.host} could run commands as you; use --auth token, or --host 127.0.0.1 to serve this machine only`,
    );
  }
  // A proxy connects from loopback too, and would lend its address to everyone behind it.
  if (config.auth === 'none' && config.behindProxy) {
    throw unsafe('everyone who reaches the proxy could run commands as you; use --auth token');
  }
  if (!isLoopback(config.host) && !config.behindProxy && config.tlsCert === null) {
    throw unsafe(
      `${config.host} is not a loopback address and the token would cross the network in clear text; name a certificate with --tls-cert and --tls-key, put a proxy that terminates TLS in front and say --behind-proxy, or use --host 127.0.0.1`,
    );
  }
}

/** Options that mean something only together, of which one without the other is a mistake that should not be found out by being open. */
function assertAccess({ tlsCert, tlsKey, auth, authModule, auditLog }: Config): void {
  if ((tlsCert === null) !== (tlsKey === null)) {
    const [given, missing] = tlsCert === null ? ['tlsKey', 'tlsCert'] : ['tlsCert', 'tlsKey'];
    throw contradiction(given!, `it is given without ${missing}; TLS needs both`);
  }
  if (auth === 'module' && authModule === null)
    throw contradiction('auth', 'it is "module", and authModule names none');
  if (auth !== 'module' && authModule !== null) {
    throw contradiction('authModule', `it is given, and auth is "${auth}"; say --auth module`);
  }
  if (auditLog !== null && auditLog !== 'log' && !isAbsolute(auditLog)) {
    throw contradiction('auditLog', 'found a text that is no absolute path, allowed is an absolute path, log, or off');
  }
}

function assertAgents({ agentBackends, acpAgents, agentEnv, agentRoots, piTrust }: Config): void {
  if (!agentBackends.every((name) => AGENT_KINDS.some((kind) => kind === name))) {
    throw contradiction(
      'agentBackends',
      `found a text that is no kind of agent, allowed are ${AGENT_KINDS.join(', ')}`,
    );
  }
  const names = acpAgents.map((text) => parseAgentProgram(text)?.name);
  if (names.includes(undefined) || new Set(names).size < names.length) {
    throw contradiction(
      'acpAgents',
      'found a text that names no agent, or one twice; allowed is one such as "gemini=gemini --experimental-acp"',
    );
  }
  if (!agentEnv.every((name) => /^[A-Za-z_]\w*$/.test(name))) {
    throw contradiction('agentEnv', 'found a text that is no name of a variable; values stay in the environment');
  }
  if (![...agentRoots, ...piTrust].every(isAbsolute)) {
    throw contradiction(
      agentRoots.every(isAbsolute) ? 'piTrust' : 'agentRoots',
      'found a text that is no absolute path',
    );
  }
}

function assertAddresses(option: string, texts: readonly string[]): void {
  try {
    parseAddressList(texts);
  } catch {
    const allowed = 'allowed are addresses and networks such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32';
    throw contradiction(option, `found a text that is no address, ${allowed}`);
  }
}

function contradiction(option: string, reason: string): StartupError {
  return new StartupError('CONFIG_INVALID', `Cannot use option ${option}: ${reason}`);
}

function assertOrigin(origin: string): void {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  if (url === null || url.origin === 'null' || url.origin !== origin) {
    throw new StartupError(
      'CONFIG_INVALID',
      'Cannot use option allowOrigin: found a text that is not an origin, allowed is scheme, host and port and nothing else, such as https://term.example.com',
    );
  }
}

// The URL is not repeated: it may hold a secret.
function assertWebhook(text: string | null): void {
  if (text === null) return;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (isWeb && url.username === '' && url.password === '') return;
  const found = isWeb ? 'a URL with a user or password' : 'a text that is not a URL of http or https';
  throw new StartupError(
    'CONFIG_INVALID',
    `Cannot use option alertWebhook: found ${found}, allowed is one such as https://alerts.example.com/hook, or off`,
  );
}

function unsafe(reason: string): StartupError {
  return new StartupError('CONFIG_UNSAFE', `Cannot start sessiond: ${reason}`);
}
