import { HybridBreaker } from '@sessiond/resilience';

const breaker = new HybridBreaker({ name: 'bash', session: { failures: 10 }, global: { failures: 50 } });

function timeOut(session: string, times: number): void {
  for (let call = 0; call < times; call++) {
    const permit = breaker.tryAcquire(session);
    if (permit.ok) permit.settle('failure');
  }
}

timeOut('broken', 100);
console.log(breaker.stateOf('broken'), breaker.state); // open closed
for (const session of ['a', 'b', 'c', 'd', 'e']) timeOut(session, 9);
const refusal = breaker.tryAcquire('healthy');
console.log(refusal.ok || refusal.name); // bash.global
