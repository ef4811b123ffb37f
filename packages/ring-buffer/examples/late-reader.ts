import { RingBuffer } from '@sessiond/ring-buffer';

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const ring = new RingBuffer(8); // keeps the last 8 bytes
const late = ring.cursor(); // a reader at offset 0 who will be too slow

ring.write(encode('hello'));
console.log(decode(ring.consume())); // hello
console.log(ring.write(encode(', world'))); // { written: 7, dropped: 0 }
console.log(late.next()); // { kind: 'gap', from: 0, to: 4 }
console.log(decode(ring.readAt(ring.start))); // o, world
