import { largestOutput } from "./memory-budget.js";
import { checkNumber, checkOptionNames, withDefaultOptions } from "../../shared/check-options.js";

/** Limits of the sockets of one object. */
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
   * Most sockets of one member to one organization. Streams over SSE count as sockets.
   * @default a twentieth of `sockets`: 250
   */
  readonly socketsPerMember?: number;
  /**
   * Most subscriptions of one member on all sockets to one organization.
   * @default a fifth of `subscriptionsPerObject`: 4000
   */
  readonly subscriptionsPerMember?: number;
  /**
   * Most bytes of the inputs of all subscriptions of one member to one organization.
   * @default twice `subscriptionBytes`: 4194304 (4 MiB), which is one member's share of `memoryBytes`
   */
  readonly subscriptionBytesPerMember?: number;
  /**
   * Most calls of one member of an organization that run or wait at the same time, over sockets and HTTP together.
   * @default 1000 more than `subscriptionsPerMember`: 5000, because a client that reconnects subscribes to everything at once
   */
  readonly callsPerMember?: number;
  /**
   * Largest message from a client, in bytes.
   * @default 262144 (256 KiB)
   */
  readonly messageBytes?: number;
  /**
   * Most bytes of the inputs of all subscriptions on one socket. A frame of several messages may be twice as large, because a
   * client that reconnects sends all inputs in one frame.
   * @default 2097152 (2 MiB)
   */
  readonly subscriptionBytes?: number;
  /**
   * Largest result of a live query, in bytes. It is also the most memory of one member's large results together, so that the
   * results of others are delivered meanwhile.
   * @default three sixteenths of `memoryBytes`, which is also the maximum: 6291456 (6 MiB)
   */
  readonly resultBytes?: number;
  /**
   * How many bytes are sent to a client before it must confirm, by answering a ping, that it reads.
   * @default 262144 (256 KiB)
   */
  readonly windowBytes?: number;
  /**
   * How many events are sent to a client before it must confirm that it reads.
   * @default 256
   */
  readonly windowEvents?: number;
  /**
   * How long a client may take to confirm it, in seconds. Then its socket is closed.
   * @default 15
   */
  readonly windowSeconds?: number;
  /**
   * Most memory of all sockets of one object together, in bytes: a quarter each for waiting messages and for the inputs of
   * subscriptions, an eighth for short frames that clients have not confirmed, and three eighths for large frames. An isolate has
   * 128 MiB for all of its objects.
   * @default 33554432 (32 MiB)
   */
  readonly memoryBytes?: number;
}

type ObjectLimits = Omit<SocketLimits, keyof MemberLimits | "resultBytes">;

const defaults: Required<ObjectLimits> = {
  subscriptionsPerSocket: 2_000,
  subscriptionsPerObject: 20_000,
  sockets: 5_000,
  messageBytes: 262_144,
  subscriptionBytes: 2_097_152,
  windowBytes: 262_144,
  windowEvents: 256,
  windowSeconds: 15,
  memoryBytes: 33_554_432,
};

/** The limits of one member. Their defaults follow from the limits of the object. */
type MemberLimits = Pick<
  Required<SocketLimits>,
  "socketsPerMember" | "subscriptionsPerMember" | "subscriptionBytesPerMember" | "callsPerMember"
>;

function memberDefaults(given: SocketLimits): MemberLimits {
  const { sockets, subscriptionsPerObject, subscriptionBytes } = withDefaultOptions<ObjectLimits>(defaults, given);
  const share = (whole: number, part: number): number => Math.max(1, Math.floor(whole / part));
  const subscriptionsPerMember = share(subscriptionsPerObject, 5);
  return {
    socketsPerMember: share(sockets, 20),
    subscriptionsPerMember,
    subscriptionBytesPerMember: 2 * subscriptionBytes,
    callsPerMember: (given.subscriptionsPerMember ?? subscriptionsPerMember) + 1_000,
  };
}

/** Limits of the platform. A larger option would have no effect. */
const MAXIMUM: Partial<Record<keyof SocketLimits, number>> = {
  sockets: 32_768,
  messageBytes: 33_554_432,
  // The longest delay of a JavaScript timer.
  windowSeconds: 2_147_483,
  memoryBytes: 134_217_728,
};

/** With less memory, every message would have to wait for the one before it. */
const MINIMUM: Partial<Record<keyof SocketLimits, number>> = { memoryBytes: 65_536 };

/**
 * Fills in the defaults.
 *
 * @throws Error that names an option which is not valid or cannot take effect
 */
export function socketLimits(given: SocketLimits = {}): Required<SocketLimits> {
  checkOptionNames("sockets", given, {
    subscriptionsPerSocket: true,
    subscriptionsPerObject: true,
    sockets: true,
    socketsPerMember: true,
    subscriptionsPerMember: true,
    subscriptionBytesPerMember: true,
    callsPerMember: true,
    messageBytes: true,
    subscriptionBytes: true,
    resultBytes: true,
    windowBytes: true,
    windowEvents: true,
    windowSeconds: true,
    memoryBytes: true,
  });
  const { memoryBytes } = withDefaultOptions<ObjectLimits>(defaults, given);
  const resultBytes = largestOutput(memoryBytes);
  const filled = withDefaultOptions<SocketLimits>({ ...defaults, resultBytes, ...memberDefaults(given) }, given);
  for (const name of Object.keys(filled) as (keyof SocketLimits)[]) {
    const max = MAXIMUM[name] ?? Infinity;
    const min = MINIMUM[name];
    checkNumber(`sockets.${name}`, filled[name], { max, isWhole: name !== "windowSeconds", ...(min && { min }) });
  }
  if (filled.resultBytes > resultBytes) {
    throw new Error(
      `sockets.resultBytes is ${filled.resultBytes}, but with sockets.memoryBytes ${memoryBytes} a result has at most ` +
        `${resultBytes} bytes. Set sockets.resultBytes to that or less, or increase sockets.memoryBytes.`,
    );
  }
  return filled;
}
