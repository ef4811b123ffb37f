#!/usr/bin/env node
import { main } from '../dist/sessionctl.js';

const { exitCode, signal } = await main({ args: process.argv.slice(2) });
// Everything is written and restored by now. Where the signal is ignored, as under nohup, the exit code tells.
if (signal !== undefined) process.kill(process.pid, signal);
// An idle stdin must not keep the process.
process.exit(exitCode);
