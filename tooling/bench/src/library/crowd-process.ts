// A process of its own that runs many terminals at once. Argument: JSON of CrowdOrder.
import { crowdSample } from './crowd-sample.ts';
import { reportAlone } from './run-alone.ts';

await reportAlone(crowdSample);
