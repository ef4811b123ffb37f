import { clock } from './checks/clock.ts';
import { health } from './checks/health.ts';
import { lingering } from './checks/lingering.ts';
import { locale } from './checks/locale.ts';
import { memory } from './checks/memory.ts';
import { namedTokens } from './checks/named-tokens.ts';
import { nodeVersion } from './checks/node-version.ts';
import { openFiles } from './checks/open-files.ts';
import { processes } from './checks/processes.ts';
import { reachable } from './checks/reachable.ts';
import { runtimeFolder } from './checks/runtime-folder.ts';
import { session } from './checks/session.ts';
import { socket } from './checks/socket.ts';
import { stateFolder } from './checks/state-folder.ts';
import { tcp } from './checks/tcp.ts';
import { terminalType } from './checks/terminal-type.ts';
import { terminals } from './checks/terminals.ts';
import { tokenFile } from './checks/token-file.ts';
import { versions } from './checks/versions.ts';
import type { Examined } from './examined.ts';
import type { Finding, Remark } from './finding.ts';

/** One look at what was examined; changes nothing and asks nobody but the machine it is given. */
export type Check = (examined: Examined) => Remark | readonly Remark[];

/** Every check by its name, in the order in which they are told: from finding the daemon to what it says of itself. */
export const CHECKS: Readonly<Record<string, Check>> = Object.freeze({
  'runtime folder': runtimeFolder,
  'state folder': stateFolder,
  token: tokenFile,
  'named tokens': namedTokens,
  socket,
  daemon: reachable,
  tcp,
  versions,
  session,
  health,
  'open files': openFiles,
  terminals,
  processes,
  memory,
  clock,
  linger: lingering,
  locale,
  term: terminalType,
  node: nodeVersion,
});

/** What all checks find, in their order. */
export function findings(examined: Examined): Finding[] {
  return Object.entries(CHECKS).flatMap(([check, look]) =>
    [look(examined)].flat().map((remark) => ({ check, ...remark })),
  );
}
