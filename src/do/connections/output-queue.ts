/** A frame that waits until there is memory for it. */
export interface OutputRequest {
  readonly bytes: number;
  readonly callback: () => void;
}

export interface OutputQueueOptions<TMember> {
  /**
   * Returns whether a member takes part in the turns. A member that waits for its own clients to read must not block others.
   * @default always true
   */
  readonly isReady?: (member: TMember, bytes: number) => boolean;
  /** Returns whether there is memory for a frame of a member. */
  readonly fits: (member: TMember, bytes: number) => boolean;
  /**
   * Whether the queue skips a member whose frame does not fit and serves the next one. If false, small requests of other members
   * cannot starve a large request.
   */
  readonly skipsBlocked: boolean;
}

/** Queues requests for memory to send frames. Members take turns; the oldest request of a member is served first. */
export function createOutputQueue<TMember, TShare>(options: OutputQueueOptions<TMember>) {
  const { isReady = () => true, fits, skipsBlocked } = options;
  const requests = new Map<TMember, Map<TShare, OutputRequest>>();
  /** The members that are ready, in the order of their turns. */
  const turns = new Set<TMember>();

  function firstOf(member: TMember): readonly [TShare, OutputRequest] | undefined {
    const [first] = requests.get(member) ?? [];
    return first;
  }

  /** Adds a member to the turns if its first request is ready, or removes it. */
  function updateTurn(member: TMember): void {
    const first = firstOf(member);
    if (first && isReady(member, first[1].bytes)) turns.add(member);
    else turns.delete(member);
  }

  function remove(member: TMember, share: TShare): void {
    const own = requests.get(member);
    if (!own?.delete(share)) return;
    if (own.size === 0) requests.delete(member);
    updateTurn(member);
  }

  /** Serves the first member whose frame fits. Returns whether there was one. */
  function serve(): boolean {
    for (const member of turns) {
      const first = firstOf(member);
      if (!first) continue;
      const [share, { bytes, callback }] = first;
      if (!isReady(member, bytes)) {
        turns.delete(member);
        continue;
      }
      if (!fits(member, bytes)) {
        if (!skipsBlocked) return false;
        continue;
      }
      // Removing and adding the member again moves it behind the others.
      turns.delete(member);
      remove(member, share);
      callback();
      return true;
    }
    return false;
  }

  return {
    isWaiting: (): boolean => requests.size > 0,

    /** Returns whether a member other than this one is ready. */
    hasOther(member: TMember): boolean {
      return turns.size > (turns.has(member) ? 1 : 0);
    },

    /** Adds a request. It replaces an earlier request of the same share and keeps that request's position. */
    add(member: TMember, share: TShare, request: OutputRequest): void {
      const own = requests.get(member) ?? new Map<TShare, OutputRequest>();
      requests.set(member, own.set(share, request));
      updateTurn(member);
    },

    remove,

    /**
     * Serves waiting shares while there is room, one of each member in turn.
     *
     * @param member a member whose output was confirmed, so that it may have room again
     */
    wake(member?: TMember): void {
      if (requests.size === 0) return;
      if (member !== undefined) updateTurn(member);
      while (serve());
    },
  };
}
