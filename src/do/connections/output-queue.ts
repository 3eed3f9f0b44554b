/** A frame that waits for room. */
export interface OutputRequest {
  readonly bytes: number;
  readonly callback: () => void;
}

export interface OutputQueueOptions<TMember> {
  /**
   * Whether a member waits for others. One that waits for its own output to be read keeps nobody waiting.
   * @default always
   */
  readonly isReady?: (member: TMember, bytes: number) => boolean;
  /** Whether there is room for a frame of a member. */
  readonly fits: (member: TMember, bytes: number) => boolean;
  /**
   * Whether members behind one without room may be served. If not, large requests of one member cannot be starved by small
   * ones of others.
   */
  readonly skipsBlocked: boolean;
}

/** Shares that wait for room to send. Members take turns, and of one member the share that waits longest comes first. */
export function createOutputQueue<TMember, TShare>(options: OutputQueueOptions<TMember>) {
  const { isReady = () => true, fits, skipsBlocked } = options;
  const requests = new Map<TMember, Map<TShare, OutputRequest>>();
  /** The members that wait for others, in the order of their turns. */
  const turns = new Set<TMember>();

  function firstOf(member: TMember): readonly [TShare, OutputRequest] | undefined {
    const [first] = requests.get(member) ?? [];
    return first;
  }

  /** Gives a member a turn, unless it waits for itself. */
  function line(member: TMember): void {
    const first = firstOf(member);
    if (first && isReady(member, first[1].bytes)) turns.add(member);
    else turns.delete(member);
  }

  function remove(member: TMember, share: TShare): void {
    const own = requests.get(member);
    if (!own?.delete(share)) return;
    if (own.size === 0) requests.delete(member);
    line(member);
  }

  /** Serves the first member that there is room for. Returns whether there was one. */
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
      // Its next turn comes after those of the others.
      turns.delete(member);
      remove(member, share);
      callback();
      return true;
    }
    return false;
  }

  return {
    isWaiting: (): boolean => requests.size > 0,

    /** Whether a member other than this one has a turn. */
    hasOther(member: TMember): boolean {
      return turns.size > (turns.has(member) ? 1 : 0);
    },

    /** Adds a request. It replaces an earlier one of the same share, and keeps its place. */
    add(member: TMember, share: TShare, request: OutputRequest): void {
      const own = requests.get(member) ?? new Map<TShare, OutputRequest>();
      requests.set(member, own.set(share, request));
      line(member);
    },

    remove,

    /**
     * Serves waiting shares while there is room, one of each member in turn.
     *
     * @param member one whose output was read: it may get room again
     */
    wake(member?: TMember): void {
      if (requests.size === 0) return;
      if (member !== undefined) line(member);
      while (serve());
    },
  };
}
