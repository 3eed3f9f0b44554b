/** What one object's sockets may take. */
export interface SocketLimits {
  /**
   * Most subscriptions on one socket.
   * @default 2000
   */
  readonly subscriptionsPerSocket?: number;
  /**
   * Most subscriptions on all sockets of one object.
   * @default 20000
   */
  readonly subscriptionsPerObject?: number;
  /**
   * Most sockets of one object.
   * @default 5000
   */
  readonly sockets?: number;
  /**
   * Largest message from a client, in bytes.
   * @default 262144 (256 KiB)
   */
  readonly messageBytes?: number;
  /**
   * The largest that the inputs of all subscriptions on one socket may be together, in bytes. A client that comes back
   * sends them all in one frame: a frame of several messages may be twice as large.
   * @default 2097152 (2 MiB)
   */
  readonly subscriptionBytes?: number;
  /**
   * Largest result of a live query, in bytes. The platform takes no larger message.
   * @default 33554432 (32 MiB)
   */
  readonly resultBytes?: number;
  /**
   * How much a client is sent before it must show that it reads, in bytes.
   * @default 262144 (256 KiB)
   */
  readonly windowBytes?: number;
  /**
   * The same, in events.
   * @default 256
   */
  readonly windowEvents?: number;
  /**
   * How long a client may take to show it, in seconds.
   * @default 15
   */
  readonly windowSeconds?: number;
}

export function socketLimits(given: SocketLimits = {}): Required<SocketLimits> {
  return {
    subscriptionsPerSocket: given.subscriptionsPerSocket ?? 2_000,
    subscriptionsPerObject: given.subscriptionsPerObject ?? 20_000,
    sockets: given.sockets ?? 5_000,
    messageBytes: given.messageBytes ?? 262_144,
    subscriptionBytes: given.subscriptionBytes ?? 2_097_152,
    resultBytes: given.resultBytes ?? 33_554_432,
    windowBytes: given.windowBytes ?? 262_144,
    windowEvents: given.windowEvents ?? 256,
    windowSeconds: given.windowSeconds ?? 15,
  };
}
