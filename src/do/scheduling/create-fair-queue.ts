/** Items that wait, taken in turn between members. */
export interface FairQueue<TItem> {
  readonly size: () => number;
  has(item: TItem): boolean;
  /** How many items of a member wait. */
  lengthOf(member: string): number;
  /** Adds an item behind the others of its member. An item that already waits keeps its place. */
  add(member: string, item: TItem): void;
  delete(item: TItem): void;
  /** Takes the next item: one of each member in turn, and of one member the oldest. */
  take(): TItem | undefined;
}

/**
 * A queue that a member with much to do cannot fill for others: it has a lane per member, and each lane gives one item in
 * its turn. All operations take constant time.
 */
export function createFairQueue<TItem>(): FairQueue<TItem> {
  // In the order in which the lanes are served.
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
          // Its next turn comes after those of the others.
          if (lanes.delete(member)) lanes.set(member, lane);
          return item;
        }
      }
      return undefined;
    },
  };
}
