/**
 * Setup file of a coverage run: has every Node program that a test starts write down what it ran. Node passes this
 * variable on to child processes even if they get an environment of their own.
 */
import { fileURLToPath } from 'node:url';

process.env['NODE_V8_COVERAGE'] = fileURLToPath(new URL('../../../coverage/programs', import.meta.url));
