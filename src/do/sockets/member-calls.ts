/** Counts the running and waiting calls of each member, over sockets and HTTP together. */
export interface MemberCalls {
  /** Adds calls to a member's count, unless the member would exceed the limit. Returns whether they were added. */
  begin(member: string, calls: number): boolean;
  end(member: string, calls: number): void;
}

export function createMemberCalls(maxCalls: number): MemberCalls {
  const counts = new Map<string, number>();
  return {
    begin(member, calls) {
      const before = counts.get(member) ?? 0;
      // A single request may exceed the limit, as long as the member has no other calls.
      if (before > 0 && before + calls > maxCalls) return false;
      counts.set(member, before + calls);
      return true;
    },
    end(member, calls) {
      const remaining = (counts.get(member) ?? 0) - calls;
      if (remaining > 0) counts.set(member, remaining);
      else counts.delete(member);
    },
  };
}
