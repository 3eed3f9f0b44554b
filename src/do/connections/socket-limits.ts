import { largestOutput } from "./memory-budget.js";
import { checkNumber, checkOptionNames, withDefaultOptions } from "../../shared/check-options.js";

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
   * Most sockets of one member to one organization. Streams over SSE count too.
   * @default a twentieth of `sockets`: 250
   */
  readonly socketsPerMember?: number;
  /**
   * Most subscriptions of one member on all sockets to one organization.
   * @default a fifth of `subscriptionsPerObject`: 4000
   */
  readonly subscriptionsPerMember?: number;
  /**
   * The largest that the inputs of all subscriptions of one member of an organization may be together, in bytes.
   * @default twice `subscriptionBytes`: 4194304 (4 MiB), as much as one member gets of `memoryBytes`
   */
  readonly subscriptionBytesPerMember?: number;
  /**
   * Most calls of one member of an organization that run or wait at the same time, over sockets and HTTP together.
   * @default 1000 more than `subscriptionsPerMember`: 5000, because a client that comes back subscribes to everything at once
   */
  readonly callsPerMember?: number;
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
   * Largest result of a live query, in bytes. One member's large results never take more, so that those of others can be
   * delivered beside them.
   * @default three sixteenths of `memoryBytes`, and not more than that: 6291456 (6 MiB)
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
  /**
   * The memory that all sockets of one object may take together, in bytes: a quarter each for messages that wait and for
   * the inputs of subscriptions, an eighth for short frames that clients have not shown to have read, three eighths for large
   * ones. An isolate has 128 MiB for all of its objects.
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

/** The limits of one member. Those that are not given follow from the limits of the object. */
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

/** The platform's own limits: a larger one would never be reached. */
const PLATFORM: Partial<Record<keyof SocketLimits, number>> = {
  sockets: 32_768,
  messageBytes: 33_554_432,
  // The longest delay of a JavaScript timer.
  windowSeconds: 2_147_483,
  memoryBytes: 134_217_728,
};

/** Less would hold the work up at every message. */
const LEAST: Partial<Record<keyof SocketLimits, number>> = { memoryBytes: 65_536 };

/**
 * Fills in the defaults.
 *
 * @throws Error that names the limit which could not take effect
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
    const max = PLATFORM[name] ?? Infinity;
    const min = LEAST[name];
    checkNumber(`sockets.${name}`, filled[name], { max, isWhole: name !== "windowSeconds", ...(min && { min }) });
  }
  if (filled.resultBytes > resultBytes) {
    throw new Error(
      `sockets.resultBytes is ${filled.resultBytes}, and a memory of ${memoryBytes} bytes has room for results of at most ` +
        `${resultBytes}. Set it to that or less, or raise sockets.memoryBytes.`,
    );
  }
  return filled;
}
