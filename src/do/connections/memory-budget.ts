import { createOutputQueue, type OutputRequest } from "./output-queue.js";

/**
 * The uses of an object's memory by its sockets:
 *
 * - `stored`: inputs of subscriptions, as they came
 * - `queued`: messages that are not answered yet
 * - `sent`: short frames that a client has not shown to have read
 * - `large`: the same of large frames, and room that is reserved for large results
 */
export type MemoryUse = "stored" | "queued" | OutputUse;
export type OutputUse = "sent" | "large";

/** The part of the budget that each use has for itself: stored inputs stay, and must never keep output from being sent. */
const PARTS: Readonly<Record<MemoryUse, number>> = { stored: 1 / 4, queued: 1 / 4, sent: 1 / 8, large: 3 / 8 };
const USES = Object.keys(PARTS) as readonly MemoryUse[];

/** From this size on a frame counts as large, in bytes. In a small budget, from a 128th of it. */
const LARGE_FRAME = 262_144;

/** The most that large frames of one member may take of a budget, in bytes: half of their part. */
export function largestOutput(budgetBytes: number): number {
  return Math.floor((budgetBytes * PARTS.large) / 2);
}

/** What one socket takes of the budget. */
export interface MemoryShare {
  /** Takes bytes if there is room for them. */
  reserve(use: MemoryUse, bytes: number): boolean;
  /** Counts bytes that are in memory already, whether or not there is room. */
  add(use: MemoryUse, bytes: number): void;
  /** Returns bytes that were reserved or added. No more than the share has. */
  release(use: MemoryUse, bytes: number): void;
  /** Replaces reserved bytes in one step, so that no other socket takes the room in between. */
  replace(use: MemoryUse, before: number, after: number): void;
  /** Whether a frame of so many bytes may be sent. With 0 bytes of `large`: whether the member has any room left. */
  hasRoom(use: OutputUse, bytes: number): boolean;
  /** Calls back once there is room for a frame. A second callback of the same use replaces the first. */
  whenRoom(use: OutputUse, bytes: number, callback: () => void): void;
  /** Forgets the callback of a use: its frame was sent without it. */
  stopWaiting(use: OutputUse): void;
  /** Whether the member of this share has unread or reserved large output, on any socket. */
  memberHasLarge(): boolean;
  /** Releases everything for good: nothing that follows counts. */
  close(): void;
}

interface Member {
  readonly used: Record<MemoryUse, number>;
  shares: number;
}

const noUse = (): Record<MemoryUse, number> => ({ stored: 0, queued: 0, sent: 0, large: 0 });

/**
 * The bytes that all sockets of one object may take together. Each use has a part of them. A member may take as much of a part
 * as stays free for others: one alone gets half of it, two get a third each, so that another member always finds room.
 *
 * Large frames have a part of their own, so that the short frames of others never wait for them. One member gets at most half of it,
 * and more than that never counts against others.
 */
export function createMemoryBudget(bytes: number) {
  const used = noUse();
  /** Large output of all members, each up to its half. */
  let charged = 0;
  const members = new Map<string, Member>();
  /** Called when a share waits for room, for each share with output that is not read yet. */
  const holders = new Map<MemoryShare, () => void>();
  const largeFrom = Math.min(LARGE_FRAME, Math.floor(bytes / 128));
  const mostLarge = largestOutput(bytes);
  let recentFrame = 0;

  const free = (use: MemoryUse): number => bytes * PARTS[use] - used[use];
  const chargeOf = (size: number): number => Math.min(size, mostLarge);

  const maySend = (member: Member): boolean => used.sent === 0 || member.used.sent < free("sent");
  const short = createOutputQueue<Member, MemoryShare>({ fits: maySend, skipsBlocked: true });

  /** Whether the member's own half has room. An empty half takes a frame of any size, so that none waits forever. */
  const isWithinHalf = ({ used: { large } }: Member, size: number): boolean =>
    size === 0 ? large < mostLarge : large === 0 || large + size <= mostLarge;
  const isWithinPart = ({ used: { large } }: Member, size: number): boolean =>
    size === 0 || charged + chargeOf(large + size) - chargeOf(large) <= bytes * PARTS.large;
  const long = createOutputQueue<Member, MemoryShare>({
    isReady: isWithinHalf,
    fits: isWithinPart,
    skipsBlocked: false,
  });
  const queues = { sent: short, large: long };

  function fits(use: MemoryUse, member: Member, size: number): boolean {
    if (use !== "large") return used[use] === 0 || member.used[use] + size <= free(use);
    // Others that wait come first, unless this member waits only for itself.
    return isWithinHalf(member, size) && isWithinPart(member, size) && (size === 0 || !long.hasOther(member));
  }

  return {
    /** How many bytes are taken, of one use or of all. */
    used: (use?: MemoryUse): number => (use ? used[use] : USES.reduce((sum, each) => sum + used[each], 0)),
    /** Whether a share waits for room to send: then clients are asked at once whether they have read. */
    isScarce: (): boolean => short.isWaiting() || long.isWaiting(),
    /** The use that a frame of so many bytes counts for. */
    useOf: (size: number): OutputUse => (size >= largeFrom ? "large" : "sent"),
    /** How much room is reserved for a result of unknown size. */
    unknownResult: Math.ceil(mostLarge / 4),

    /** Notes how large a short frame was that was sent. */
    onFrame: (size: number): void => void (recentFrame = Math.max(size, recentFrame * 0.9)),
    /** How large short frames have been lately, at most: what a share waits to send may be as large. */
    recentFrame: (): number => Math.ceil(recentFrame),

    /**
     * @param key the member that the socket belongs to
     * @param onScarce called when room gets scarce while this share has output that is not read yet
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
        if (use === "large") charged += chargeOf(member.used.large + delta) - chargeOf(member.used.large);
        for (const each of [own, member.used, used]) each[use] += delta;
        if (use === "stored" || use === "queued") return;
        if (own.sent + own.large > 0) holders.set(share, onScarce);
        else holders.delete(share);
      }

      function wake(use: MemoryUse): void {
        if (use === "sent") short.wake();
        else if (use === "large") long.wake(member);
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
        whenRoom(use, size, callback) {
          if (!isOpen) return;
          const wasScarce = short.isWaiting() || long.isWaiting();
          const request: OutputRequest = { bytes: size, callback };
          queues[use].add(member, share, request);
          if (!wasScarce) for (const ask of Array.from(holders.values())) ask();
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
