/** Counts the calls of each member that run or wait, over sockets and HTTP together. */
export interface MemberCalls {
  /** Counts calls, unless the member would have too many. Returns whether they were counted. */
  begin(member: string, calls: number): boolean;
  end(member: string, calls: number): void;
}

export function createMemberCalls(most: number): MemberCalls {
  const underWay = new Map<string, number>();
  return {
    begin(member, calls) {
      const before = underWay.get(member) ?? 0;
      // However many one request contains, it is answered when nothing else is under way.
      if (before > 0 && before + calls > most) return false;
      underWay.set(member, before + calls);
      return true;
    },
    end(member, calls) {
      const rest = (underWay.get(member) ?? 0) - calls;
      if (rest > 0) underWay.set(member, rest);
      else underWay.delete(member);
    },
  };
}
