/** What happens on a transport, told to the connection that owns it. Handlers never throw. */
export interface TransportHandlers {
  /** So many bytes were read; told before anything is made of them. */
  onReceived(bytes: number): void;
  /** One JSON message, still text, and its length in bytes. */
  onMessage(text: string, bytes: number): void;
  /** One byte frame. The view is valid only during the call. */
  onFrame(frame: Uint8Array): void;
  /** The kernel has taken all that it had refused at first. */
  onDrain(): void;
  /** A protocol violation below the message level, such as a message over `maxMessageBytes`, which was discarded. */
  onViolation(problem: { readonly code: 'MESSAGE_TOO_LARGE' | 'INVALID_MESSAGE'; readonly message: string }): void;
  /** The transport is gone; nothing follows. Called exactly once. */
  onClose(): void;
}

/**
 * Carries messages and byte frames between one client and its connection: the only thing a connection knows of
 * WebSockets, Unix sockets or stdio.
 */
export interface Transport {
  readonly kind: 'websocket' | 'unix' | 'stdio';
  /** Bytes accepted by `send*` that the kernel has not taken yet, be it that they wait for the end of the turn. */
  readonly bufferedBytes: number;
  /**
   * A buffer for one byte frame, which the caller fills in as its last `bytes` bytes; what lies before belongs to the
   * transport. It is to be sent with {@link sendFrame} or dropped.
   */
  allocateFrame(bytes: number): Uint8Array;
  /** Names the handlers and begins to read; called once. What arrived earlier is delivered then, sending works before. */
  start(handlers: TransportHandlers): void;
  /**
   * Sends one JSON message, in order with frames; returns its length in bytes. Those of one turn of the event loop leave in one
   * write at its end, earlier if there are many.
   */
  sendMessage(json: string): number;
  /**
   * Sends a byte frame from {@link allocateFrame}, at once: `bufferedBytes` tells right afterwards whether the kernel
   * took it.
   * The buffer belongs to the transport from then on.
   */
  sendFrame(buffer: Uint8Array): void;
  /** Takes nothing from the client until {@link resumeReading}; what had arrived already may still be delivered. */
  pauseReading(): void;
  resumeReading(): void;
  /** Closes with a WebSocket close code (stdio ignores it) once what was sent has left. Idempotent. */
  close(code: number, reason: string): void;
}
