import type { Act } from "./token-server.js";

/** The time between two changes of sign-in, as the app of one tab knows them. */
export interface Period {
  /** `undefined` while the app does not know the user: the first call or event of a user then decides. */
  user: string | undefined;
}

/** Records the user of each call, and finds data that crossed from one user to another. */
export function createJournal() {
  const startedIn = new Map<number, Period>();
  const periodNow = new Map<number, () => Period>();
  /** The period of the tab at the moment in which the reply arrived. */
  const repliedIn = new Map<number, Period | undefined>();
  const problems: string[] = [];

  function expectUser(period: Period, user: string, event: string): void {
    period.user ??= user;
    if (period.user !== user) problems.push(`${event}: ${user} in place of ${period.user}`);
  }

  return {
    problems,

    /** A call starts. `current` is the period of its tab from now on. Returns its number. */
    begin(current: () => Period): number {
      const call = startedIn.size + 1;
      startedIn.set(call, current());
      periodNow.set(call, current);
      return call;
    },

    /** The reply to a call arrives. */
    reply: (call: number): void => void repliedIn.set(call, periodNow.get(call)?.()),

    /** The result of a call names the user whose data it contains. */
    read(call: number, user: string): void {
      const period = startedIn.get(call);
      const replied = repliedIn.get(call);
      if (period) expectUser(period, user, `call ${call} read`);
      if (replied && replied.user !== "nobody") expectUser(replied, user, `the late result of call ${call}`);
    },

    /** A subscription of the tab received data of a user. */
    receive: (user: string, now: Period): void => expectUser(now, user, "a subscription received data"),

    /** The actions of the server, in order. */
    check(acts: readonly Act[]): readonly string[] {
      for (const { call, user } of acts) {
        const period = startedIn.get(call);
        if (period) expectUser(period, user, `call ${call} acted`);
      }
      return problems;
    },
  };
}

export type Journal = ReturnType<typeof createJournal>;
