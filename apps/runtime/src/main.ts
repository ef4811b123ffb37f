import { CommanderError } from 'commander';
import { checkConfig, findingsExitCode, findingsJson, findingsText } from './cli/check-config.ts';
import { createProgram, type Invocation } from './cli/program.ts';
import { rpcSession } from './cli/rpc-session.ts';
import { serve } from './cli/serve.ts';
import { configJson, configTable } from './cli/show-config.ts';
import { serveStdio } from './cli/stdio.ts';
import { resolveConfig } from './config/config.ts';
import { readConfigFile } from './config/config-file.ts';
import { EXIT_CODES, isStartupError } from './startup-error.ts';
import { packageVersion } from './version.ts';

/** What `main` takes from the process it runs in. */
export interface MainOptions {
  /** The command line without the interpreter and the script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The program `sessiond`: reads the configuration, does what the command line says and returns the exit code.
 * What a person has to know is one line on stderr; stdout carries only what was asked for.
 */
export async function main({ args, env }: MainOptions): Promise<number> {
  const version = packageVersion();
  let exitCode: number = EXIT_CODES.done;
  const run = async ({ command, flags, configFile, json, rpcSession: session }: Invocation): Promise<void> => {
    if (command === 'check-config') {
      const findings = await checkConfig({ flags, env, configFile });
      process.stdout.write(json ? findingsJson(findings) : findingsText(findings));
      exitCode = findingsExitCode(findings);
      return;
    }
    const resolved = resolveConfig({ flags, env, file: readConfigFile(configFile, env) });
    if (command === 'config') process.stdout.write(json ? configJson(resolved) : configTable(resolved));
    else if (session !== undefined) exitCode = await rpcSession({ config: resolved.config, version, env }, session);
    else if (command === 'stdio') exitCode = await serveStdio({ config: resolved.config, version, env });
    else exitCode = await serve({ config: resolved.config, version, env });
  };
  try {
    await createProgram(version, run).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has printed its sentence already; help and version arrive here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
    if (!isStartupError(error)) throw error;
    process.stderr.write(`sessiond: ${error.message}\n`);
    return error.exitCode;
  }
}
