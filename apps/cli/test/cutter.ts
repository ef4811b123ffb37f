import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between client and daemon, and loses what is under way and the connection when told to. */
export class Cutter {
  readonly path: string;
  /** The socket of the daemon; a later one takes the place of one that is gone. */
  target: string;
  /** Loses what clients send from now on. */
  isDeaf: boolean = false;
  /** Loses what the daemon says from now on. */
  isMute: boolean = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(path: string, target: string) {
    this.path = path;
    this.target = target;
    this.#server = createServer((near) => this.#join(near, connect(this.target)));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  /** Ends every connection; the next ones lose nothing. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.isDeaf = false;
    this.isMute = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    this.#pass(near, far, () => this.isDeaf);
    this.#pass(far, near, () => this.isMute);
  }

  #pass(from: Socket, to: Socket, isLost: () => boolean): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      if (isLost() || to.write(bytes)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
