import type { Clock } from '@sessiond/resilience';
import { allowAll } from './auth/allow-all.ts';
import type { AuthProvider } from './auth/auth-provider.ts';
import { Door, type DoorRefusal } from './auth/door.ts';
import { FailureLimiter } from './auth/failure-limiter.ts';
import { NamedTokens } from './auth/named-tokens.ts';
import { peerAddress } from './auth/remote-address.ts';
import { TokenAuth } from './auth/token-auth.ts';
import type { Config } from './config/config.ts';
import type { Logger } from './logger.ts';
import { loadToken } from './token.ts';

/** What the ways in are made for. */
export interface AccessOptions {
  readonly config: Config;
  readonly logger: Logger;
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
  /** Lets go of files and modules. Idempotent. */
  close(): void;
}

/** Builds what decides who comes in. Throws a `StartupError`; then nothing of it is left. */
export function createAccess({ config, logger, auth, now, onRefused }: AccessOptions): Access {
  const needsToken = config.auth === 'token' && !config.noTcp;
  const token = needsToken ? loadToken(config.stateDir) : null;
  const tokens = needsToken ? new NamedTokens({ path: config.tokenFile, logger }) : undefined;
  const provider = auth ?? (token === null ? allowAll : new TokenAuth(token.token, tokens));
  return {
    tokenPath: token?.path ?? null,
    tcp: new Door({
      provider,
      logger,
      onRefused,
      remoteAddress: peerAddress,
      failures: new FailureLimiter({ failuresPerMinute: config.authFailuresPerMinute, now }),
    }),
    unix: new Door({ provider: allowAll, logger, onRefused }),
    close: () => tokens?.close(),
  };
}
