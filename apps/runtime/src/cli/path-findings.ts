import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isTokenFileError, readTokenFile } from '@sessiond/token-file';
import type { Config } from '../config/config.ts';
import { loadTls } from '../http/tls-files.ts';
import { isStartupError } from '../startup-error.ts';
import type { ConfigFinding } from './config-finding.ts';

/** What lies at a path: nothing, something, or something that cannot be looked at. Never throws. */
export function lookAt(
  path: string,
  look: typeof lstatSync | typeof statSync = statSync,
): Stats | { readonly code: string } | undefined {
  try {
    // Not with `throwIfNoEntry`: Node 24 takes a path below a file for nothing, Node 20 for an error.
    return look(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : { code: String(code) };
  }
}

/** A folder the daemon keeps to itself. */
export function folderFinding(check: ConfigFinding['check'], name: string, path: string): ConfigFinding {
  const found = (status: ConfigFinding['status'], message: string): ConfigFinding => ({ status, check, message });
  const stats = lookAt(path);
  if (stats === undefined) return missingFolder(check, name, path);
  if ('code' in stats) return found('problem', `The ${name} ${path} cannot be looked at: ${stats.code}; name another`);
  if (!stats.isDirectory()) return found('problem', `The ${name} ${path} is no folder; name another`);
  if (stats.uid !== process.getuid?.()) return found('problem', `The ${name} ${path} belongs to another user`);
  if ((stats.mode & 0o022) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    return found('problem', `Others may write to the ${name} ${path} (mode ${mode}); run: chmod 700 ${path}`);
  }
  if (!isAccessible(path, constants.W_OK | constants.X_OK)) return found('problem', `The ${name} ${path} is read-only`);
  return found('ok', `The ${name} is ${path}`);
}

function missingFolder(check: ConfigFinding['check'], name: string, path: string): ConfigFinding {
  let parent = dirname(path);
  while (lookAt(parent) === undefined && parent !== dirname(parent)) parent = dirname(parent);
  return isAccessible(parent, constants.W_OK | constants.X_OK)
    ? { status: 'note', check, message: `The ${name} ${path} does not exist; it is created at the start` }
    : { status: 'problem', check, message: `The ${name} ${path} cannot be created: ${parent} is read-only` };
}

/** The files that the configuration names, as the daemon would read and write them. */
export function fileFindings(config: Config): readonly ConfigFinding[] {
  return [...tlsFindings(config), ...moduleFindings(config), ...tokenFindings(config), ...auditFindings(config)];
}

function tlsFindings({ noTcp, tlsCert: cert, tlsKey: key }: Config): ConfigFinding[] {
  if (noTcp || cert === null || key === null) return [];
  try {
    loadTls({ cert, key });
    return [file('ok', `The certificate ${cert} and its key can be used`)];
  } catch (error) {
    if (!isStartupError(error)) throw error;
    return [file('problem', error.message)];
  }
}

function moduleFindings({ noTcp, auth, authModule }: Config): ConfigFinding[] {
  if (noTcp || auth !== 'module' || authModule === null) return [];
  // Not loaded: who knows what it does.
  return isAccessible(authModule, constants.R_OK)
    ? [file('ok', `The authentication module can be read: ${authModule}`)]
    : [file('problem', `The authentication module cannot be read: ${authModule}`)];
}

/** The file of named tokens need not exist, but who may read it is everybody who may come in. */
function tokenFindings({ auth, noTcp, tokenFile }: Config): ConfigFinding[] {
  if (noTcp || auth !== 'token') return [];
  try {
    const count = readTokenFile(tokenFile).length;
    return [file('ok', `The file of named tokens has ${count}: ${tokenFile}`)];
  } catch (error) {
    if (!isTokenFileError(error)) throw error;
    return [file('problem', error.message)];
  }
}

function auditFindings({ auditLog: path }: Config): ConfigFinding[] {
  if (path === null || path === 'log') return [];
  const stats = lookAt(path, lstatSync);
  if (stats === undefined) {
    const folder = dirname(path);
    return isAccessible(folder, constants.W_OK | constants.X_OK)
      ? [file('note', `The audit log ${path} does not exist; it is created at the start`)]
      : [file('problem', `The audit log ${path} cannot be created: ${folder} does not exist or is read-only`)];
  }
  if ('code' in stats) return [file('problem', `The audit log ${path} cannot be looked at: ${stats.code}`)];
  if (!stats.isFile()) return [file('problem', `The audit log ${path} is no file`)];
  const isPrivate = (stats.mode & 0o077) === 0 && stats.uid === process.getuid?.();
  return isPrivate
    ? [file('ok', `The audit log is ${path}`)]
    : [file('problem', `Others can reach the audit log ${path}; run: chmod 600 ${path}`)];
}

function file(status: ConfigFinding['status'], message: string): ConfigFinding {
  return { status, check: 'file', message };
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
