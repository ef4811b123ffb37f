// A process of its own in which one library's latencies are measured. Argument: JSON of LatencyOrder.
import { latencySample } from './latency-sample.ts';
import { reportAlone } from './run-alone.ts';

await reportAlone(latencySample);
