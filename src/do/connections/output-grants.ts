import type { MemoryShare, OutputUse } from "./memory-budget.js";

/** Memory that is reserved for a frame before the frame is produced. */
export interface OutputReservation {
  /** The reserved bytes: 0 for a short frame. */
  readonly bytes: number;
  /** Assigns the reserved bytes to the next large frame of the socket. Releases them if the frame needs more. */
  use(frameBytes: number): void;
  /** Releases the bytes, unless a frame has used them. */
  release(): void;
}

export interface OutputGrantsOptions {
  readonly memory: MemoryShare;
  /** Returns how many bytes are granted to a socket that waits to send a short frame of unknown size. */
  readonly shortBytes: () => number;
  /** Returns how long the recent short frames were, in bytes. */
  readonly recentBytes: () => number;
  /** Called when memory is granted to the waiting socket. */
  readonly onGrant: () => void;
}

/** Lifetime of an unused grant, in milliseconds. It expires because the socket may have nothing left to send. */
const GRANT_MS = 1_000;

/** Stands for an unknown size that is probably the one of the recent short frames. No frame is one byte long. */
export const RECENT_SIZE = 1;

/** The frame that follows a request may be a little longer than the one that was expected. */
const MARGIN = 1.125;

interface Grant {
  readonly bytes: number;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/** Reserves memory for a waiting socket when it becomes available, so that other waiting sockets cannot take it first. */
export function createOutputGrants({ memory, shortBytes, recentBytes, onGrant }: OutputGrantsOptions) {
  const granted: Record<OutputUse, Grant | undefined> = { sent: undefined, large: undefined };

  /** Ends a grant and returns its bytes, which the caller then uses or releases. */
  function take(use: OutputUse): number {
    const grant = granted[use];
    if (!grant) return 0;
    clearTimeout(grant.timer);
    granted[use] = undefined;
    return grant.bytes;
  }

  function sizeOf(size: number): number {
    if (size === 0) return shortBytes();
    return Math.ceil((size === RECENT_SIZE ? Math.max(recentBytes(), size) : size) * MARGIN);
  }

  function grant(use: OutputUse, size: number): void {
    const bytes = use === "large" ? size : sizeOf(size);
    memory.replace(use, take(use), bytes);
    const timer = setTimeout(() => memory.release(use, take(use)), GRANT_MS);
    granted[use] = { bytes, timer };
    onGrant();
  }

  const grants = {
    take,

    /**
     * Returns whether a frame may be sent now. If not, `onGrant` is called when there is memory for it.
     *
     * @param size 0 if it is unknown, or `RECENT_SIZE`
     */
    hasRoom(use: OutputUse, size: number): boolean {
      const known = granted[use];
      if (known && known.bytes >= (use === "sent" && size === 0 ? shortBytes() : size)) return true;
      // A grant that is too small is released before a larger one is requested.
      if (known) memory.release(use, take(use));
      if (memory.hasRoom(use, size)) {
        memory.stopWaiting(use);
        return true;
      }
      memory.whenRoom(use, size, () => grant(use, size));
      return false;
    },

    /** Reserves memory for a frame. Short frames need no reservation, because the budget always has room for a few of them. */
    reserve(use: OutputUse, size: number): OutputReservation | undefined {
      if (!grants.hasRoom(use, size)) return undefined;
      if (use === "sent") return emptyReservation;
      memory.replace(use, take(use), size);
      let own: Grant | undefined;
      let isUsed = false;
      return {
        bytes: size,
        use(frameBytes) {
          if (isUsed) return;
          isUsed = true;
          if (frameBytes > size) return memory.release(use, size);
          const grantedBytes = take(use);
          if (grantedBytes > 0) memory.release(use, grantedBytes);
          own = { bytes: size, timer: undefined };
          granted[use] = own;
        },
        release() {
          if (!isUsed) memory.release(use, size);
          else if (own && granted[use] === own) memory.release(use, take(use));
          isUsed = true;
          own = undefined;
        },
      };
    },

    end(): void {
      take("sent");
      take("large");
    },
  };
  return grants;
}

const emptyReservation: OutputReservation = { bytes: 0, use() {}, release() {} };
