import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDaemon } from '@sessiond/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createProgram } from '../src/cli/program.ts';
import { type Config, resolveConfig } from '../src/config/config.ts';
import { environmentName, OPTION_KEYS, OPTIONS } from '../src/config/options.ts';
import { EXIT_CODES } from '../src/startup-error.ts';

const SYSTEMD_ANALYZE = '/usr/bin/systemd-analyze';
/** What may come on top of the drain: children that hardly die, farewells, and room for a slow machine. */
const AFTER_DRAIN_S = 10;

const place = (name: string): string => fileURLToPath(new URL(`../deploy/${name}`, import.meta.url));
const read = (name: string): string => readFileSync(place(name), 'utf8');
const drainSeconds = (OPTIONS.drainMs.default as number) / 1000;

/** The configuration that the daemon itself makes of a command line. Throws as the daemon does, also for what is not safe. */
async function configOf(args: readonly string[], env: Record<string, string> = {}): Promise<Config> {
  let config: Config | undefined;
  const program = createProgram('0.0.0', async ({ flags }) => {
    config = resolveConfig({ flags, env, file: null, homeDir: '/home/nobody' }).config;
  });
  program.configureOutput({ writeErr: () => {} });
  await program.parseAsync(args, { from: 'user' });
  return config!;
}

/** The settings of a unit, each with its values in order. */
function settingsOf(unit: string): (name: string) => string[] {
  const lines = unit.split('\n').filter((line) => /^\w+=/.test(line));
  return (name) => lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
}

describe.each(['sessiond.service', 'sessiond-system.service'])('the unit %s', (name) => {
  const settings = settingsOf(read(name));

  it('starts a daemon with options that exist and are safe', async () => {
    const commands = [...settings('ExecStartPre'), ...settings('ExecStart')];
    expect(settings('ExecStart')).toHaveLength(1);
    for (const command of commands) {
      const [env, program, ...args] = command.split(' ');
      expect([env, program]).toEqual(['/usr/bin/env', 'sessiond']);
      await configOf(args);
    }
  });

  it('gives the daemon more time for its end than the daemon takes, and restarts only where that can help', () => {
    expect(settings('KillMode')).toEqual(['mixed']);
    expect(Number(settings('TimeoutStopSec')[0])).toBeGreaterThanOrEqual(drainSeconds + AFTER_DRAIN_S);
    const { usage, alreadyRunning, permission, config } = EXIT_CODES;
    const lasting = [usage, alreadyRunning, permission, config];
    expect(settings('RestartPreventExitStatus')[0]?.split(' ').map(Number)).toEqual(lasting);
  });
});

describe('the hardened unit', () => {
  const settings = settingsOf(read('sessiond-system.service'));

  it('keeps state and socket where systemd makes room for them', async () => {
    const { stateDir, socket } = await configOf(settings('ExecStart')[0]!.split(' ').slice(2));
    expect(stateDir.startsWith(`/var/lib/${settings('StateDirectory')[0]}/`)).toBe(true);
    expect(socket.startsWith(`/run/${settings('RuntimeDirectory')[0]}/`)).toBe(true);
  });

  describe('as systemd sees it', () => {
    beforeEach((context) => {
      if (!existsSync(SYSTEMD_ANALYZE)) context.skip(`needs ${SYSTEMD_ANALYZE}, of the package systemd`);
    });

    it('is valid', () => {
      const args = ['verify', '--man=no', place('sessiond-system.service')];
      // A warning is an exit code of 0 and a line.
      expect(execFileSync(SYSTEMD_ANALYZE, args, { encoding: 'utf8', stdio: 'pipe' })).toBe('');
    });

    it('exposes little', () => {
      const args = ['security', '--offline=yes', '--threshold=25', place('sessiond-system.service')];
      expect(() => execFileSync(SYSTEMD_ANALYZE, args, { stdio: 'pipe' })).not.toThrow();
    });
  });
});

describe('the image', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  const instructions = lines
    .map((line) => /^([A-Z]+) +(.*)$/.exec(line))
    .flatMap((match) => (match === null ? [] : [[match[1]!, match[2]!] as const]));
  const valuesOf = (name: string): string[] => instructions.filter(([each]) => each === name).map(([, value]) => value);
  const env = Object.fromEntries(
    valuesOf('ENV').flatMap((text) => text.split(' ').map((pair) => pair.split('=') as [string, string])),
  );

  it('is built in one stage and runs in another, not as root', () => {
    const stages = valuesOf('FROM');
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(Number(/^node:(\d+)/.exec(stage)![1])).toBeGreaterThanOrEqual(20);
    expect(Number(valuesOf('USER').at(-1))).toBeGreaterThan(0);
    expect(valuesOf('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('listens where it says', () => {
    expect(valuesOf('EXPOSE')).toEqual([String(OPTIONS.port.default)]);
  });

  it('is looked after on the socket, whatever address, port and certificate it is started with', async () => {
    const [node, ...args] = JSON.parse(/CMD (\[.*\])/.exec(valuesOf('HEALTHCHECK')[0]!)![1]!) as [string, ...string[]];
    expect([node, env['SESSIOND_SOCKET']]).toEqual(['node', (await configOf([], env)).socket]);
    const look = (socketPath: string): Promise<unknown> =>
      promisify(execFile)(process.execPath, args, { env: { SESSIOND_SOCKET: socketPath } });
    const daemon = await startDaemon({ flags: ['--no-tcp'] });
    await expect(look(daemon.socketPath)).resolves.toMatchObject({ stdout: '' });
    await daemon.stop();
    await expect(look(daemon.socketPath)).rejects.toMatchObject({ code: 1 });
  });

  it('sets variables that exist, and keeps its state in the volume', async () => {
    const own = Object.keys(env).filter((name) => name.startsWith('SESSIOND_'));
    expect(own.filter((name) => !OPTION_KEYS.map(environmentName).includes(name))).toEqual([]);
    const { stateDir } = await configOf([], env);
    expect(stateDir.startsWith(`${valuesOf('VOLUME')[0]}/`)).toBe(true);
  });

  it('buries what others leave behind, because the daemon does not', () => {
    expect(JSON.parse(valuesOf('ENTRYPOINT')[0]!)).toEqual(['tini', '--', 'sessiond']);
  });

  it('runs as its first lines say', async () => {
    const example = /^# +docker run .* sessiond (--.*)$/m.exec(read('Dockerfile'))![1]!;
    expect(await configOf(example.split(' '), env)).toMatchObject({ host: '0.0.0.0', behindProxy: true });
  });

  describe('in Kubernetes', () => {
    interface Probe {
      readonly httpGet: { readonly path: string; readonly port: string };
    }
    const [set, service] = parseAllDocuments(read('kubernetes.yml')).map((document) => document.toJS());
    const pod = set.spec.template.spec;
    const [container] = pod.containers;

    it('is started with options that exist and are safe', async () => {
      expect(await configOf(container.args, env)).toMatchObject({ host: '0.0.0.0', port: 3141, behindProxy: true });
    });

    it('is asked where it answers, and served where it listens', () => {
      expect(container.ports).toEqual([{ name: 'http', containerPort: OPTIONS.port.default }]);
      const probes: Probe[] = [container.startupProbe, container.livenessProbe, container.readinessProbe];
      expect(probes.map(({ httpGet }) => [httpGet.path, httpGet.port])).toEqual([
        ['/healthz', 'http'],
        ['/healthz', 'http'],
        ['/readyz', 'http'],
      ]);
      expect(service.spec.ports[0].targetPort).toBe('http');
      expect(service.spec.selector).toEqual(set.spec.template.metadata.labels);
    });

    it('has more time for its end than it takes', () => {
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainSeconds + AFTER_DRAIN_S);
    });

    it('is not root, and keeps its state on a volume that outlives it', async () => {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: Number(valuesOf('USER').at(-1)) });
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
      });
      const { stateDir, socket } = await configOf(container.args, env);
      const mountOf = (path: string): string | undefined =>
        container.volumeMounts.find(({ mountPath }: { mountPath: string }) => path.startsWith(`${mountPath}/`))?.name;
      expect(
        set.spec.volumeClaimTemplates.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
      ).toEqual([mountOf(stateDir)]);
      expect(mountOf(socket)).toBe('tmp');
      expect(set.spec.replicas).toBe(1);
    });
  });
});

it('the scrape configuration asks the port that is listened on', () => {
  const { scrape_configs: scrapes } = parse(read('prometheus-scrape.yml'));
  expect(scrapes[0].static_configs[0].targets).toEqual([`${OPTIONS.host.default}:${OPTIONS.port.default}`]);
});

it('every file in here is explained in the manual', () => {
  const manual = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const files = ['sessiond.service', 'sessiond-system.service', 'Dockerfile', 'kubernetes.yml'];
  for (const name of files) expect(manual, name).toContain(`apps/runtime/deploy/${name}`);
});
