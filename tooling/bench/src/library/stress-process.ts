// A process of its own through which one flood runs. Argument: JSON of StressOrder.
import { reportAlone } from './run-alone.ts';
import { stressSample } from './stress-sample.ts';

await reportAlone(stressSample);
