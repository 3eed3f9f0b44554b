import { createOutputQueue, type OutputRequest } from "./output-queue.js";

/**
 * The uses of an object's memory by its sockets:
 *
 * - `stored`: serialized inputs of subscriptions
 * - `queued`: messages that wait or are being handled
 * - `sent`: short frames that a client has not confirmed
 * - `large`: large frames that a client has not confirmed, and reservations for large results
 */
export type MemoryUse = "stored" | "queued" | OutputUse;
export type OutputUse = "sent" | "large";

/** The part of the budget for each use. Stored inputs, which remain for long, must not prevent output. */
const PARTS: Readonly<Record<MemoryUse, number>> = { stored: 1 / 4, queued: 1 / 4, sent: 1 / 8, large: 3 / 8 };
const USES = Object.keys(PARTS) as readonly MemoryUse[];

/** The most memory for caches, as a part of the budget. They use what sockets leave free, and are the first to be dropped. */
const CACHE_PART = 1 / 4;

/** Frames from this size on count as large, in bytes. In a small budget, frames from a 128th of it on. */
const LARGE_FRAME = 262_144;

/** The part of a member's memory for short frames from which on it counts as nearly full. */
const NEARLY_FULL = 3 / 4;

/**
 * The part of the memory for short frames that the only member of an unshared object may use, and the part from which on it counts
 * as nearly full. The rest is for another caller.
 */
const SOLE_MEMBER_PART = { most: 7 / 8, nearlyFull: 3 / 4 };

/** Returns the most memory for the large frames of one member, in bytes: half of the part for large frames. */
export function largestOutput(budgetBytes: number): number {
  return Math.floor((budgetBytes * PARTS.large) / 2);
}

/** The memory of a cache. It never makes a socket wait. */
export interface CacheMemory {
  /** Returns the most bytes that the cache may have now. */
  limit(): number;
  /** Sets how many bytes the cache has. */
  resize(bytes: number): void;
  /** Calls back when the cache has more bytes than its limit, because sockets need the memory. */
  onScarce(callback: () => void): void;
}

/** The memory of one socket. */
export interface MemoryShare {
  /** Reserves bytes if there is room for them. Returns whether it did. */
  reserve(use: MemoryUse, bytes: number): boolean;
  /** Counts bytes that are in memory already, even if there is no room. */
  add(use: MemoryUse, bytes: number): void;
  /** Releases bytes that were reserved or added, but not more than the share has. */
  release(use: MemoryUse, bytes: number): void;
  /** Replaces reserved bytes in one step, so that no other socket takes the memory in between. */
  replace(use: MemoryUse, before: number, after: number): void;
  /** Whether there is room for a frame of this size. With 0 bytes of `large`, whether the member has any room left. */
  hasRoom(use: OutputUse, bytes: number): boolean;
  /** Whether the member has used most of its memory for short frames, so that its clients should confirm what they have read. */
  isNearlyFull(): boolean;
  /** Calls back once there is room for a frame. A later callback of the same use replaces an earlier one. */
  whenRoom(use: OutputUse, bytes: number, callback: () => void): void;
  /** Removes the callback of a use, because its frame was sent without it. */
  stopWaiting(use: OutputUse): void;
  /** Whether the member has unconfirmed or reserved large output on any socket. */
  memberHasLarge(): boolean;
  /** Releases all memory of the share. Later calls have no effect. */
  close(): void;
}

export interface MemoryBudgetOptions {
  /**
   * Whether the object belongs to several members.
   * @default true
   */
  readonly isShared?: boolean | undefined;
}

interface Member {
  readonly used: Record<MemoryUse, number>;
  shares: number;
}

const noUse = (): Record<MemoryUse, number> => ({ stored: 0, queued: 0, sent: 0, large: 0 });

/**
 * Limits the memory of all sockets of one object. Each use has a part of the budget. A member may use as much of a part as remains
 * free: one member alone gets half of it, two members get a third each. So there is always room for another member.
 *
 * Large frames have a part of their own, so that short frames of other members do not wait for them. One member gets at most half
 * of it. If a single larger frame exceeds that half, the excess does not count against other members.
 *
 * The object of one user has one member, so half of the part for large frames would remain unused. There, short frames may use it,
 * and the member may use most of the memory for short frames while it is alone.
 */
export function createMemoryBudget(bytes: number, { isShared = true }: MemoryBudgetOptions = {}) {
  const used = noUse();
  /** Large output of all members, in bytes. Each member counts up to its half of the part. */
  let charged = 0;
  const members = new Map<string, Member>();
  /** The shares with unconfirmed output, and their callbacks for when memory is scarce. */
  const unconfirmed = new Map<MemoryShare, () => void>();
  const largeFrom = Math.min(LARGE_FRAME, Math.floor(bytes / 128));
  const mostLarge = largestOutput(bytes);
  /** The most bytes of the part for large frames that short ones may use. */
  const maxLoan = isShared ? 0 : bytes * PARTS.large - mostLarge;
  let recentFrame = 0;

  let cached = 0;
  let dropCached = (): void => {};

  const cacheLimit = (): number => {
    const rest = USES.reduce((sum, use) => sum - used[use], bytes);
    return Math.max(0, Math.min(bytes * CACHE_PART, rest));
  };
  const cache: CacheMemory = {
    limit: cacheLimit,
    resize: (size) => void (cached = size),
    onScarce: (callback) => void (dropCached = callback),
  };

  /** Returns the bytes of the part for large frames that short ones may use now. Large frames of another caller can need them. */
  const availableLoan = (): number => Math.min(maxLoan, Math.max(0, bytes * PARTS.large - charged));
  const partOf = (use: MemoryUse): number => bytes * PARTS[use] + (use === "sent" ? availableLoan() : 0);
  const free = (use: MemoryUse): number => partOf(use) - used[use];
  /** Returns the bytes of the part for large frames that short ones use. */
  const currentLoan = (): number => Math.min(maxLoan, Math.max(0, used.sent - bytes * PARTS.sent));
  const chargeOf = (size: number): number => Math.min(size, mostLarge);

  const isAlone = (): boolean => !isShared && members.size === 1;
  const maySend = ({ used: { sent } }: Member): boolean =>
    used.sent === 0 || sent < (isAlone() ? partOf("sent") * SOLE_MEMBER_PART.most : free("sent"));
  const isNearlyFull = ({ used: { sent } }: Member): boolean =>
    sent > (isAlone() ? partOf("sent") * SOLE_MEMBER_PART.nearlyFull : free("sent") * NEARLY_FULL);
  const short = createOutputQueue<Member, MemoryShare>({ fits: maySend, skipsBlocked: true });

  /** Whether the member's own half has room. An empty half accepts a frame of any size, so that no frame waits forever. */
  const isWithinHalf = ({ used: { large } }: Member, size: number): boolean =>
    size === 0 ? large < mostLarge : large === 0 || large + size <= mostLarge;
  const isWithinPart = ({ used: { large } }: Member, size: number): boolean =>
    size === 0 || charged + chargeOf(large + size) - chargeOf(large) + currentLoan() <= bytes * PARTS.large;
  const long = createOutputQueue<Member, MemoryShare>({
    isReady: isWithinHalf,
    fits: isWithinPart,
    skipsBlocked: false,
  });
  const queues = { sent: short, large: long };

  function fits(use: MemoryUse, member: Member, size: number): boolean {
    if (use !== "large") return used[use] === 0 || member.used[use] + size <= free(use);
    // Other members that wait are served first.
    return isWithinHalf(member, size) && isWithinPart(member, size) && (size === 0 || !long.hasOther(member));
  }

  return {
    /** Returns the memory of one use, or of all uses, in bytes. */
    used: (use?: MemoryUse): number => (use ? used[use] : USES.reduce((sum, each) => sum + used[each], 0)),
    /** Whether a share waits for room to send. Then clients are sent a ping at once, to release memory. */
    isScarce: (): boolean => short.isWaiting() || long.isWaiting(),
    /** Returns the use that a frame of this size counts for. */
    useOf: (size: number): OutputUse => (size >= largeFrom ? "large" : "sent"),
    /** The size from which a frame counts as large, in bytes. */
    largeFrom,
    /** How much memory is reserved for a result of unknown size, in bytes. */
    unknownResult: Math.ceil(mostLarge / 4),
    /** The memory of the results that are kept for deltas. */
    cache,

    /** Records the size of a short frame that was sent. */
    onFrame: (size: number): void => void (recentFrame = Math.max(size, recentFrame * 0.9)),
    /** Returns the largest recent size of short frames, as an estimate for the next one. */
    recentFrame: (): number => Math.ceil(recentFrame),

    /**
     * @param key the member that the socket belongs to
     * @param onScarce called when memory becomes scarce while this share has unconfirmed output
     */
    open(key: string, onScarce: () => void): MemoryShare {
      const member = members.get(key) ?? { used: noUse(), shares: 0 };
      members.set(key, member);
      member.shares++;
      const own = noUse();
      let isOpen = true;

      function count(use: MemoryUse, change: number): void {
        if (!isOpen) return;
        const delta = Math.max(change, -own[use]);
        const hadOutput = own.sent + own.large > 0;
        if (use === "large") charged += chargeOf(member.used.large + delta) - chargeOf(member.used.large);
        own[use] += delta;
        member.used[use] += delta;
        used[use] += delta;
        if (delta > 0 && cached > 0 && cached > cacheLimit()) dropCached();
        if (use === "stored" || use === "queued") return;
        const hasOutput = own.sent + own.large > 0;
        if (hasOutput === hadOutput) return;
        if (hasOutput) unconfirmed.set(share, onScarce);
        else unconfirmed.delete(share);
      }

      function wake(use: MemoryUse): void {
        if (use === "large") long.wake(member);
        if (use === "sent" || (use === "large" && maxLoan > 0)) short.wake();
        if (use === "sent" && maxLoan > 0) long.wake();
      }

      const share: MemoryShare = {
        reserve(use, size) {
          if (!isOpen || !fits(use, member, size)) return false;
          count(use, size);
          return true;
        },
        add: count,
        release(use, size) {
          count(use, -size);
          wake(use);
        },
        replace(use, before, after) {
          count(use, after - before);
          if (after < before) wake(use);
        },
        hasRoom: (use, size) => (use === "sent" ? maySend(member) : fits("large", member, size)),
        isNearlyFull: () => isNearlyFull(member),
        whenRoom(use, size, callback) {
          if (!isOpen) return;
          const wasScarce = short.isWaiting() || long.isWaiting();
          const request: OutputRequest = { bytes: size, callback };
          queues[use].add(member, share, request);
          if (!wasScarce) for (const notify of Array.from(unconfirmed.values())) notify();
        },
        stopWaiting: (use) => queues[use].remove(member, share),
        memberHasLarge: () => member.used.large > 0,
        close() {
          if (!isOpen) return;
          for (const use of USES) count(use, -own[use]);
          isOpen = false;
          short.remove(member, share);
          long.remove(member, share);
          if (--member.shares === 0) members.delete(key);
          short.wake();
          long.wake(member);
        },
      };
      return share;
    },
  };
}

export type MemoryBudget = ReturnType<typeof createMemoryBudget>;
