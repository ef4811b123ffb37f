#!/usr/bin/env node
import { main } from '../dist/sessionctl.js';

// Everything is written and restored by now; an idle stdin must not keep the process.
process.exit(await main({ args: process.argv.slice(2) }));
