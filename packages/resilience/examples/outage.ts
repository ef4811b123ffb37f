import { Breaker } from '@sessiond/resilience';

let now = 0; // leave out `now` below, and the real clock is used
const breaker = new Breaker({ name: 'model', failures: 2, openMs: 1_000, probes: 1, now: () => now });
const ask = () => Promise.reject(new Error('503'));

for (let call = 0; call < 2; call++) await breaker.execute(ask).catch(() => {});
console.log(breaker.state); // open
const answer = breaker.tryAcquire(); // a value: no error, no stack
console.log(answer.ok ? 'admitted' : `${answer.reason}, ${answer.retryAfterMs} ms`); // open, 1000 ms

now += 1_000;
console.log(await breaker.execute(() => 'hello')); // hello
console.log(breaker.state); // closed
