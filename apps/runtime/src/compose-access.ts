import type { Clock } from '@sessiond/resilience';
import type { AuditLog } from './audit/audit-log.ts';
import { openAuditLog } from './audit/open-audit-log.ts';
import { parseAddressList } from './auth/address-list.ts';
import { allowAll } from './auth/allow-all.ts';
import { loadAuthModule } from './auth/auth-module.ts';
import type { AuthProvider } from './auth/auth-provider.ts';
import { CompositeAuth } from './auth/composite-auth.ts';
import { Door, type DoorRefusal } from './auth/door.ts';
import { FailureLimiter } from './auth/failure-limiter.ts';
import { IpAllowList } from './auth/ip-allow-list.ts';
import { NamedTokens } from './auth/named-tokens.ts';
import { addressBehind, type ProxyDoubt, peerAddress, type RemoteAddressOf } from './auth/remote-address.ts';
import { TicketAuth } from './auth/ticket-auth.ts';
import { TicketOffice } from './auth/ticket-office.ts';
import { TokenAuth } from './auth/token-auth.ts';
import type { Config } from './config/config.ts';
import type { Logger } from './logger.ts';
import { loadToken, type StoredToken } from './token.ts';

/** What the ways in are made for. */
export interface AccessOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** Who clients over TCP are; default: as the configuration says. */
  readonly auth?: AuthProvider | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
  /** Somebody was not let in. */
  readonly onRefused: (reason: DoorRefusal) => void;
}

/** The ways into a daemon. */
export interface Access {
  /** Where the token of the owner lies; `null` when none is needed. */
  readonly tokenPath: string | null;
  /** For what comes over TCP. */
  readonly tcp: Door;
  /** For what comes over the Unix socket, whose file mode has decided already. */
  readonly unix: Door;
  /** Makes tickets, whichever way somebody came in. */
  readonly tickets: TicketOffice;
  /** A ticket was made, and is no guess whoever uses it. */
  readonly trust: (ticket: string) => void;
  readonly audit: AuditLog;
  /** Lets go of files and modules. Idempotent. */
  close(): void;
}

/** Builds what decides who comes in. Rejects with a `StartupError`; then nothing of it is left. */
export async function createAccess(options: AccessOptions): Promise<Access> {
  const { config, logger, now, onRefused } = options;
  const audit = openAuditLog(config.auditLog, logger);
  const tickets = new TicketOffice({ ticketMs: config.ticketMs, now });
  let tokens: NamedTokens | undefined;
  let own: AuthProvider | undefined;
  try {
    const needsToken = options.auth === undefined && config.auth === 'token' && !config.noTcp;
    const token = needsToken ? loadToken(config.stateDir) : null;
    tokens = needsToken ? new NamedTokens({ path: config.tokenFile, logger }) : undefined;
    own = options.auth ?? (await providerOf(options, token, tokens));
    const remoteAddress = remoteAddressOf(config, logger);
    const failures = new FailureLimiter({ failuresPerMinute: config.authFailuresPerMinute, now });
    const provider = withAllowList(new TicketAuth(tickets, own), config.allowIp, remoteAddress);
    let closed = false;
    return {
      tokenPath: token?.path ?? null,
      tcp: new Door({ provider, logger, onRefused, audit, remoteAddress, failures }),
      unix: new Door({ provider: allowAll, logger, onRefused, audit }),
      tickets,
      trust: (ticket) => failures.trust(ticket),
      audit,
      close: () => {
        if (closed) return;
        closed = true;
        tokens?.close();
        provider.close?.();
        audit.close();
      },
    };
  } catch (error) {
    tokens?.close();
    own?.close?.();
    audit.close();
    throw error;
  }
}

async function providerOf(
  { config, logger, version }: AccessOptions,
  token: StoredToken | null,
  tokens: NamedTokens | undefined,
): Promise<AuthProvider> {
  if (token !== null) return new TokenAuth(token.token, tokens);
  if (config.noTcp || config.authModule === null) return allowAll;
  const { stateDir } = config;
  return loadAuthModule(config.authModule, { stateDir, version, log: (message) => logger.info(message) });
}

function withAllowList(provider: AuthProvider, texts: readonly string[], remoteAddress: RemoteAddressOf): AuthProvider {
  if (texts.length === 0) return provider;
  return new CompositeAuth(new IpAllowList(parseAddressList(texts), remoteAddress), provider);
}

const PROXY_DOUBTS: Readonly<Record<ProxyDoubt, string>> = Object.freeze({
  untrusted:
    'X-Forwarded-For comes from an address that is no trusted proxy and counts for all it speaks for; if it is one, name it with --trusted-proxy',
  silent:
    'a request from a trusted proxy came without X-Forwarded-For; if the proxy passed it on, its clients are not known, and their wrong credentials are not slowed down',
});

function remoteAddressOf({ behindProxy, trustedProxy }: Config, logger: Logger): RemoteAddressOf {
  if (!behindProxy) return peerAddress;
  return addressBehind(parseAddressList(trustedProxy), (doubt) =>
    logger.warn({ event: 'auth.proxy', doubt }, PROXY_DOUBTS[doubt]),
  );
}
