/**
 * The uses of an object's memory by its sockets:
 *
 * - `stored`: inputs of subscriptions, as they came
 * - `queued`: messages that are not answered yet
 * - `sent`: output that a client has not shown to have read
 */
export type MemoryUse = "stored" | "queued" | "sent";

/** The part of the budget that each use has for itself: stored inputs stay, and must never keep output from being sent. */
const PARTS: Readonly<Record<MemoryUse, number>> = { stored: 1 / 4, queued: 1 / 4, sent: 1 / 2 };
const USES = Object.keys(PARTS) as readonly MemoryUse[];

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
  /** Whether something may be added. */
  hasRoom(use: MemoryUse): boolean;
  /** Calls back once there is room to send. A second callback replaces the first. */
  whenRoom(callback: () => void): void;
  /** Releases everything for good: nothing that follows counts. */
  close(): void;
}

interface Member {
  readonly key: string;
  readonly used: Record<MemoryUse, number>;
  readonly waiting: Map<MemoryShare, () => void>;
  shares: number;
}

/**
 * The bytes that all sockets of one object may take together. Each use has a part of them. A member may take as much of a part
 * as stays free for others: one alone gets half of it, two get a third each, so that another member always finds room. A part
 * that is empty takes anything, however large, so that nothing waits forever.
 */
export function createMemoryBudget(bytes: number) {
  const used: Record<MemoryUse, number> = { stored: 0, queued: 0, sent: 0 };
  const members = new Map<string, Member>();
  /** Called when somebody waits for room, for each share with output that is not read yet. */
  const holders = new Map<MemoryShare, () => void>();
  const waiting = new Set<Member>();
  let recentFrame = 0;

  const free = (use: MemoryUse): number => bytes * PARTS[use] - used[use];

  function memberOf(key: string): Member {
    const member = members.get(key) ?? {
      key,
      used: { stored: 0, queued: 0, sent: 0 },
      waiting: new Map<MemoryShare, () => void>(),
      shares: 0,
    };
    members.set(key, member);
    return member;
  }

  const maySend = (member: Member): boolean => used.sent === 0 || member.used.sent < free("sent");

  /** Wakes those who wait, one of each member in turn, while there is room. */
  function wake(): void {
    for (let isWoken = true; isWoken && waiting.size > 0;) {
      isWoken = false;
      for (const member of Array.from(waiting)) {
        const [next] = member.waiting;
        if (!next || !maySend(member)) continue;
        const [share, callback] = next;
        stopWaiting(member, share);
        isWoken = true;
        callback();
      }
    }
  }

  function stopWaiting(member: Member, share: MemoryShare): void {
    member.waiting.delete(share);
    waiting.delete(member);
    // Its next turn comes after those of the others.
    if (member.waiting.size > 0) waiting.add(member);
  }

  return {
    /** How many bytes are taken, of one use or of all. */
    used: (use?: MemoryUse): number => (use ? used[use] : USES.reduce((sum, each) => sum + used[each], 0)),
    /** Whether somebody waits for room to send: then clients are asked at once whether they have read. */
    isScarce: (): boolean => waiting.size > 0,

    /** Notes how large a frame was that was sent. */
    onFrame: (size: number): void => void (recentFrame = Math.max(size, recentFrame * 0.9)),
    /** How large frames have been lately, at most: what somebody waits to send may be as large. */
    recentFrame: (): number => Math.ceil(recentFrame),

    /**
     * @param key the member that the socket belongs to
     * @param onScarce called when room gets scarce while this share has output that is not read yet
     */
    open(key: string, onScarce: () => void): MemoryShare {
      const member = memberOf(key);
      member.shares++;
      const own: Record<MemoryUse, number> = { stored: 0, queued: 0, sent: 0 };
      let isOpen = true;

      function count(use: MemoryUse, change: number): void {
        if (!isOpen) return;
        const delta = Math.max(change, -own[use]);
        for (const each of [own, member.used, used]) each[use] += delta;
        if (use === "sent" && own.sent > 0) holders.set(share, onScarce);
        else if (use === "sent") holders.delete(share);
      }

      const share: MemoryShare = {
        reserve(use, size) {
          if (!isOpen || (used[use] > 0 && member.used[use] + size > free(use))) return false;
          count(use, size);
          return true;
        },
        add: count,
        release(use, size) {
          count(use, -size);
          if (use === "sent") wake();
        },
        replace(use, before, after) {
          count(use, after - before);
          if (use === "sent" && after < before) wake();
        },
        hasRoom: (use) => used[use] === 0 || member.used[use] < free(use),
        whenRoom(callback) {
          if (!isOpen) return;
          const wasScarce = waiting.size > 0;
          member.waiting.set(share, callback);
          waiting.add(member);
          if (!wasScarce) for (const ask of Array.from(holders.values())) ask();
        },
        close() {
          if (!isOpen) return;
          for (const use of USES) count(use, -own[use]);
          isOpen = false;
          stopWaiting(member, share);
          if (--member.shares === 0) members.delete(key);
          wake();
        },
      };
      return share;
    },
  };
}

export type MemoryBudget = ReturnType<typeof createMemoryBudget>;
