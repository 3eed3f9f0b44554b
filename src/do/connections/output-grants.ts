import type { MemoryShare, OutputUse } from "./memory-budget.js";

/** Room for a frame that is not produced yet. */
export interface OutputReservation {
  /** How much is reserved: nothing for a short frame. */
  readonly bytes: number;
  /** From now on the next large frame of the socket takes the reserved bytes. Returns them if it needs more. */
  use(frameBytes: number): void;
  /** Returns the bytes, unless a frame has taken them. */
  release(): void;
}

export interface OutputGrantsOptions {
  readonly memory: MemoryShare;
  /** How much a socket gets that has waited to send a short frame. */
  readonly shortBytes: () => number;
  /** Called when the socket has got room that it waited for. */
  readonly onGrant: () => void;
}

/** How long room is kept for a socket that waited for it, in milliseconds. The socket may have nothing left to send. */
const GRANT_MS = 1_000;

interface Grant {
  readonly bytes: number;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/** Room that one socket waited for, kept so that others which are woken do not take it first. */
export function createOutputGrants({ memory, shortBytes, onGrant }: OutputGrantsOptions) {
  const granted: Record<OutputUse, Grant | undefined> = { sent: undefined, large: undefined };

  /** Ends a grant. Returns how many bytes it had, for the frame that takes them. */
  function take(use: OutputUse): number {
    const grant = granted[use];
    if (!grant) return 0;
    clearTimeout(grant.timer);
    granted[use] = undefined;
    return grant.bytes;
  }

  function grant(use: OutputUse, size: number): void {
    const bytes = use === "large" ? size : shortBytes();
    memory.replace(use, take(use), bytes);
    const timer = setTimeout(() => memory.release(use, take(use)), GRANT_MS);
    granted[use] = { bytes, timer };
    onGrant();
  }

  const grants = {
    take,

    /** Whether a frame may be sent. If not, it is granted room later. */
    hasRoom(use: OutputUse, size: number): boolean {
      const known = granted[use];
      if (known && (use === "sent" || known.bytes >= size)) return true;
      // A grant that is too small makes room for a larger one.
      if (known) memory.release(use, take(use));
      if (memory.hasRoom(use, size)) {
        memory.stopWaiting(use);
        return true;
      }
      memory.whenRoom(use, size, () => grant(use, size));
      return false;
    },

    /** Reserves room. Short frames need none: there is always some for a few of them. */
    reserve(use: OutputUse, size: number): OutputReservation | undefined {
      if (!grants.hasRoom(use, size)) return undefined;
      if (use === "sent") return nothing;
      memory.replace(use, take(use), size);
      let own: Grant | undefined;
      let isTaken = false;
      return {
        bytes: size,
        use(frameBytes) {
          if (isTaken) return;
          isTaken = true;
          if (frameBytes > size) return memory.release(use, size);
          const before = take(use);
          if (before > 0) memory.release(use, before);
          own = { bytes: size, timer: undefined };
          granted[use] = own;
        },
        release() {
          if (!isTaken) memory.release(use, size);
          else if (own && granted[use] === own) memory.release(use, take(use));
          isTaken = true;
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

const nothing: OutputReservation = { bytes: 0, use() {}, release() {} };
