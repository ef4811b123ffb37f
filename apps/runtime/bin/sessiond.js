#!/usr/bin/env node
import { main } from '../dist/sessiond.js';

process.exitCode = await main({ args: process.argv.slice(2), env: process.env });

// Everything is closed by now; should something still hold the process, it has had its second.
setTimeout(() => process.exit(), 1000).unref();
