/** A queue of items that members take turns in. */
export interface FairQueue<TItem> {
  readonly size: () => number;
  has(item: TItem): boolean;
  /** The number of waiting items of a member. */
  lengthOf(member: string): number;
  /** Adds an item behind the others of its member. An item that is already in the queue keeps its place. */
  add(member: string, item: TItem): void;
  delete(item: TItem): void;
  /** Removes and returns the next item: the oldest item of the member whose turn it is. */
  take(): TItem | undefined;
}

/**
 * Creates a queue in which one member with many items does not delay the others: it has a lane for each member, and takes
 * one item of each lane in turn. All operations take constant time.
 */
export function createFairQueue<TItem>(): FairQueue<TItem> {
  // In the order of their turns.
  const lanes = new Map<string, Set<TItem>>();
  const memberOf = new Map<TItem, string>();

  function remove(member: string, lane: Set<TItem>, item: TItem): void {
    lane.delete(item);
    memberOf.delete(item);
    if (lane.size === 0) lanes.delete(member);
  }

  return {
    size: () => memberOf.size,
    has: (item) => memberOf.has(item),
    lengthOf: (member) => lanes.get(member)?.size ?? 0,

    add(member, item) {
      if (memberOf.has(item)) return;
      memberOf.set(item, member);
      const lane = lanes.get(member);
      if (lane) lane.add(item);
      else lanes.set(member, new Set([item]));
    },

    delete(item) {
      const member = memberOf.get(item);
      const lane = member === undefined ? undefined : lanes.get(member);
      if (member !== undefined && lane) remove(member, lane, item);
    },

    take() {
      for (const [member, lane] of lanes) {
        for (const item of lane) {
          remove(member, lane, item);
          // Moved to the end, so that the next turns are those of the other members.
          if (lanes.delete(member)) lanes.set(member, lane);
          return item;
        }
      }
      return undefined;
    },
  };
}
