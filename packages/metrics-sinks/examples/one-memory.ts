import { metrics as api } from '@opentelemetry/api';
import { ConsoleSink, MemorySink } from '@sessiond/metrics-sinks';
import { OpenTelemetrySink } from '@sessiond/metrics-sinks/opentelemetry';
import { PrometheusSink } from '@sessiond/metrics-sinks/prometheus';

// Three ways out of one memory: recording is still one field update.
const memory = new MemorySink();
const prometheus = new PrometheusSink({ memory });
const forPeople = new ConsoleSink({ memory, write: (text) => console.log(text.trimEnd()) });
const metrics = new OpenTelemetrySink({ memory, meter: api.getMeter('app') });

const clients = metrics.upDownCounter({
  kind: 'upDownCounter',
  name: 'app.client.count',
  unit: '{client}',
  help: 'Clients that are connected.',
});
clients.handle({}).add(2);
clients.handle({}).add(-1);

forPeople.flush(); // prints: app.client.count 1 client (+1)
console.log((await prometheus.expose()).split('\n')[2]); // app_client_count 1
metrics.close();
