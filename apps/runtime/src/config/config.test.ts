import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigSources, resolveConfig } from './config.ts';
import { readConfigFile } from './config-file.ts';
import { environmentName, flagName, OPTION_KEYS, OPTIONS } from './options.ts';

function resolve(sources: Partial<ConfigSources>) {
  return resolveConfig({ flags: {}, env: {}, file: null, homeDir: '/home/ada', ...sources });
}

describe('where a value comes from', () => {
  it('is the flag before the environment before the file before the default', () => {
    const file = { path: '/c.json', values: { port: 1, maxPtys: 2, graceMs: 3 } };
    const env = { SESSIOND_PORT: '10', SESSIOND_MAX_PTYS: '20' };
    const { config, origins } = resolve({ flags: { port: '100' }, env, file });
    expect(config).toMatchObject({ port: 100, maxPtys: 20, graceMs: 3, drainMs: 30_000 });
    expect(origins).toMatchObject({ port: 'flag', maxPtys: 'environment', graceMs: 'file', drainMs: 'default' });
  });

  it('takes every option from each of the three places', () => {
    for (const key of OPTION_KEYS) {
      const spec = OPTIONS[key];
      const value = {
        integer: 200,
        bytes: 8192,
        flag: true,
        choice: 'none',
        text: '127.0.0.2',
        path: '/x',
        list: ['http://a.example'],
      };
      const unusual: Partial<Record<string, string | number | string[]>> = {
        logLevel: 'debug',
        heartbeatMs: 20_000,
        principalSharePercent: 25,
        connectionSharePercent: 25,
        spawnFailureWindowMs: 5000,
        bashTimeoutWindowMs: 5000,
        inputBytesPerSecond: 65_536,
        auth: 'token',
        ticketMs: 20_000,
        allowIp: ['10.0.0.0/8'],
        trustedProxy: ['10.0.0.1'],
        allowOrigin: ['http://a.example'],
        auditLog: '/var/log/audit.jsonl',
        journal: 'async',
        journalMaxEntries: 5000,
        journalMaxAgeMs: 120_000,
        journalMaxBytes: 2_097_152,
        alertWebhook: 'https://alerts.example.com/hook',
        providerFailureWindowMs: 5000,
        agentBackends: ['pi', 'fake'],
        acpAgents: ['gemini=gemini --experimental-acp'],
        agentEnv: ['API_KEY'],
        agentRoots: ['/srv/conversations'],
        piTrust: ['/srv/code'],
        piSpares: 2,
        agentPromptMs: 5000,
        agentFirstTokenMs: 5000,
        dialogTimeoutMs: 5000,
        agentLogBytes: 131_072,
      };
      const needed: Partial<Record<string, object>> = {
        authModule: { auth: 'module' },
        tlsCert: { tlsKey: '/key' },
        tlsKey: { tlsCert: '/cert' },
      };
      const flags = needed[key] ?? {};
      const raw = unusual[key] ?? value[spec.kind];
      const text = Array.isArray(raw) ? raw.join(',') : String(raw);
      expect(resolve({ flags: { ...flags, [key]: raw } }).config[key], `${key} as flag`).toEqual(raw);
      expect(resolve({ flags, env: { [environmentName(key)]: text } }).config[key], `${key} as variable`).toEqual(raw);
      expect(
        resolve({ flags, file: { path: '/c', values: { [key]: raw } } }).config[key],
        `${key} in the file`,
      ).toEqual(raw);
    }
  });

  it('treats an empty variable as not set', () => {
    expect(resolve({ env: { SESSIOND_PORT: '' } }).origins.port).toBe('default');
  });

  it('derives flag and variable from the key', () => {
    expect([flagName('maxMessageBytes'), environmentName('maxMessageBytes')]).toEqual([
      '--max-message-bytes',
      'SESSIOND_MAX_MESSAGE_BYTES',
    ]);
  });
});

describe('places of files', () => {
  it('follow the XDG variables', () => {
    const env = { XDG_STATE_HOME: '/state', XDG_RUNTIME_DIR: '/run/user/7' };
    expect(resolve({ env }).config).toMatchObject({
      stateDir: '/state/sessiond',
      socket: '/run/user/7/sessiond/sessiond.sock',
    });
  });

  it('fall back to the home folder, and the socket to the state folder', () => {
    expect(resolve({ env: { XDG_STATE_HOME: 'relative', XDG_RUNTIME_DIR: '' } }).config).toMatchObject({
      stateDir: '/home/ada/.local/state/sessiond',
      socket: '/home/ada/.local/state/sessiond/sessiond.sock',
    });
    expect(resolve({ flags: { stateDir: '/s' } }).config.socket).toBe('/s/sessiond.sock');
  });
});

describe('a value that is not allowed', () => {
  it.each([
    [
      { flags: { port: '65536' } },
      'Cannot use option port from the flag --port: found 65,536, allowed is a whole number from 0 to 65,535',
    ],
    [{ flags: { port: 'http' } }, 'found a text that is not a number'],
    [{ flags: { port: '1.5' } }, 'found a text that is not a number'],
    [{ flags: { port: '-1' } }, 'found a text that is not a number'],
    [{ flags: { maxPtys: '4MiB' } }, 'found a text that is not a number'],
    [{ flags: { maxPtys: '0' } }, 'allowed is a whole number from 1 to 10,000'],
    [
      { env: { SESSIOND_BUFFER_BYTES: '1KiB' } },
      'environment variable SESSIOND_BUFFER_BYTES: found 1,024, allowed is 4,096 to',
    ],
    [{ env: { SESSIOND_NO_TCP: 'yes' } }, 'allowed is true or false'],
    [{ env: { SESSIOND_AUTH: 'password' } }, 'allowed is token, none, module'],
    [
      { file: { path: '/c.json', values: { port: null } } },
      'option port from the configuration file /c.json: found null',
    ],
    [{ file: { path: '/c.json', values: { allowOrigin: [1] } } }, 'found an array with something else'],
    [{ file: { path: '/c.json', values: { host: '' } } }, 'found an empty text'],
    [
      { file: { path: '/c.json', values: { prot: 1 } } },
      'the configuration file /c.json: it has the unknown key "prot"; known are host, port,',
    ],
    [{ file: { path: '/c.json', values: JSON.parse('{"__proto__": 1}') } }, 'the unknown key "__proto__"'],
    [{ flags: { allowOrigin: 'https://a.example/path' } }, 'allowed is scheme, host and port and nothing else'],
    [{ flags: { alertWebhook: 'ftp://a.example' } }, 'allowed is one such as https://alerts.example.com/hook, or off'],
    [
      { flags: { alertWebhook: 'https://me:word@a.example' } },
      'found a URL with a user or password, allowed is one such',
    ],
    [{ flags: { agentBackends: 'pi,claude' } }, 'option agentBackends: found a text that is no kind of agent'],
    [{ flags: { acpAgents: 'pi=pi-acp' } }, 'option acpAgents: found a text that names no agent, or one twice'],
    [{ flags: { acpAgents: ['a=b', 'a=c'] } }, 'option acpAgents: found a text that names no agent, or one twice'],
    [{ flags: { agentEnv: 'API_KEY=hunter2' } }, 'option agentEnv: found a text that is no name of a variable'],
    [{ flags: { agentRoots: 'sessions' } }, 'option agentRoots: found a text that is no absolute path'],
    [{ flags: { piTrust: 'code' } }, 'option piTrust: found a text that is no absolute path'],
    [
      { flags: { heartbeatMs: '5000' } },
      'Cannot use option heartbeatTimeoutMs: found 10,000, allowed is at most heartbeatMs, which is 5,000',
    ],
  ] satisfies [Partial<ConfigSources>, string][])('is refused by name: %j', (sources, sentence) => {
    expect(() => resolve(sources)).toThrow(sentence);
  });

  it('is never repeated, for it may be a secret in the wrong place', () => {
    for (const key of OPTION_KEYS) {
      const secret = 'hunter2\0hunter2';
      try {
        resolve({ env: { [environmentName(key)]: secret } });
      } catch (error) {
        expect((error as Error).message).not.toContain('hunter2');
      }
    }
  });
});

describe('sizes', () => {
  it('may carry a unit', () => {
    expect(
      resolve({ flags: { bufferBytes: '8MiB' }, env: { SESSIOND_MAX_MESSAGE_BYTES: '64 KiB' } }).config,
    ).toMatchObject({
      bufferBytes: 8_388_608,
      maxMessageBytes: 65_536,
    });
  });
});

describe('a limit that may be off', () => {
  it.each([
    [{ flags: { dataCommandsPerMinute: 'off' } }, null],
    [{ env: { SESSIOND_DATA_COMMANDS_PER_MINUTE: 'off' } }, null],
    [{ file: { path: '/c.json', values: { dataCommandsPerMinute: null } } }, null],
    [{ flags: { dataCommandsPerMinute: '0' } }, 0],
    [{}, 100],
  ] satisfies [Partial<ConfigSources>, number | null][])('is read from %j as %j', (sources, value) => {
    expect(resolve(sources).config.dataCommandsPerMinute).toBe(value);
  });

  it('is switched off by its own word only, also where it is a size', () => {
    expect(resolve({ flags: { inputBytesPerSecond: 'off' } }).config.inputBytesPerSecond).toBeNull();
    expect(() => resolve({ flags: { inputBytesPerSecond: '0' } })).toThrow('64KiB, 4MiB, 1GiB, or off');
    expect(() => resolve({ flags: { dataCommandsPerMinute: 'never' } })).toThrow('from 0 to 1,000,000, or off');
  });
});

describe('a time that may be none', () => {
  it.each([
    [{ flags: { idleTimeoutMs: 'never' } }, null],
    [{ env: { SESSIOND_IDLE_TIMEOUT_MS: 'never' } }, null],
    [{ file: { path: '/c.json', values: { idleTimeoutMs: null } } }, null],
    [{ file: { path: '/c.json', values: { idleTimeoutMs: 'never' } } }, null],
    [{ flags: { idleTimeoutMs: '250' } }, 250],
    [{}, 300_000],
  ] satisfies [Partial<ConfigSources>, number | null][])('is read from %j as %j', (sources, value) => {
    expect(resolve(sources).config.idleTimeoutMs).toBe(value);
  });

  it('has no zero, and no other option has none', () => {
    expect(() => resolve({ flags: { idleTimeoutMs: '0' } })).toThrow('from 1 to 2,147,483,647, or never');
    expect(() => resolve({ flags: { retentionMs: 'never' } })).toThrow('found a text that is not a number');
  });
});

describe('unsafe combinations', () => {
  it.each([
    [{ host: '0.0.0.0', auth: 'none' }, 'use --auth token, or --host 127.0.0.1'],
    [
      { host: '0.0.0.0' },
      'name a certificate with --tls-cert and --tls-key, put a proxy that terminates TLS in front and say --behind-proxy',
    ],
    [{ host: 'example.com' }, 'is not a loopback address'],
    [{ host: '::' }, 'is not a loopback address'],
    [{ auth: 'none', behindProxy: true }, 'everyone who reaches the proxy could run commands as you'],
    [{ auth: 'none', host: '0.0.0.0', tlsCert: '/c', tlsKey: '/k' }, 'could run commands as you'],
    [{ tlsCert: '/c' }, 'it is given without tlsKey; TLS needs both'],
    [{ tlsKey: '/k' }, 'it is given without tlsCert; TLS needs both'],
    [{ auth: 'module' }, 'authModule names none'],
    [{ authModule: '/m.js' }, 'say --auth module'],
    [{ allowIp: '10.0.0.0/33' }, 'Cannot use option allowIp: found a text that is no address'],
    [{ trustedProxy: 'proxy.example' }, 'Cannot use option trustedProxy: found a text that is no address'],
    [{ auditLog: 'audit.log' }, 'allowed is an absolute path, log, or off'],
    [{ noTcp: true, noSocket: true }, 'nothing is left to listen on'],
  ])('are refused with what to do: %j', (flags, sentence) => {
    expect(() => resolve({ flags })).toThrow(sentence);
  });

  it.each([
    { host: '127.0.0.1', auth: 'none' },
    { host: '127.1.2.3', auth: 'none' },
    { host: '::1' },
    { host: 'localhost' },
    { host: '0.0.0.0', behindProxy: true },
    { host: '0.0.0.0', tlsCert: '/c', tlsKey: '/k' },
    { host: '0.0.0.0', tlsCert: '/c', tlsKey: '/k', auth: 'module', authModule: '/m.js' },
    { host: '0.0.0.0', noTcp: true },
  ])('are not seen where there are none: %j', (flags) => {
    expect(() => resolve({ flags })).not.toThrow();
  });
});

describe('the configuration file', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sessiond-config-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('may be missing when nobody named it', () => {
    expect(readConfigFile(undefined, { XDG_CONFIG_HOME: dir })).toBeNull();
  });

  it.each(['flag', 'variable'])('must exist when a %s names it', (by) => {
    const path = join(dir, 'none.json');
    const read = () =>
      by === 'flag' ? readConfigFile(path, {}) : readConfigFile(undefined, { SESSIOND_CONFIG: path });
    expect(read).toThrow(`Cannot read the configuration file ${path}: ENOENT`);
  });

  it.each([
    ['{"port": 1', 'it is not valid JSON'],
    ['[]', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
  ])('must be a JSON object: %s', (text, sentence) => {
    const path = join(dir, 'config.json');
    writeFileSync(path, text);
    expect(() => readConfigFile(path, {})).toThrow(sentence);
  });
});
