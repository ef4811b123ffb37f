import { describeSink } from './contract.ts';
import { SINKS } from './sinks.ts';

for (const [name, open] of Object.entries(SINKS)) describeSink(name, open);
