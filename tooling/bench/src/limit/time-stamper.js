// time-stamper.c for where there is no C compiler; its event loop adds some hundredths of a millisecond to every answer.
import { readSync, writeSync } from 'node:fs';

const byte = Buffer.alloc(1);
while (readSync(0, byte) === 1) writeSync(1, `${process.hrtime.bigint()}\n`);
