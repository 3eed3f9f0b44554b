import { describe, expect, it } from "vitest";
import type { Connection } from "../../../src/do/connections/connection.js";
import {
  nextPhase,
  type SubscriptionEvent,
  type SubscriptionPhase,
} from "../../../src/do/connections/subscription-phase.js";
import { Subscription } from "../../../src/do/connections/subscription.js";

describe("the phase of a subscription", () => {
  const events = ["wake", "deliver", "run", "end"] as const satisfies readonly SubscriptionEvent[];

  it.each<[SubscriptionPhase, ...(SubscriptionPhase | undefined)[]]>([
    // phase        wake       deliver       run        end
    ["dormant", "opening", undefined, undefined, "ended"],
    ["opening", undefined, "delivering", "running", "ended"],
    ["delivering", undefined, undefined, undefined, "ended"],
    ["running", undefined, undefined, undefined, "ended"],
    ["ended", undefined, undefined, undefined, undefined],
  ])("changes from %s to %s, %s, %s or %s by the events, or rejects them", (phase, ...expected) => {
    for (const [index, event] of events.entries()) {
      const next = expected[index];
      if (next) expect(nextPhase(phase, event)).toBe(next);
      else
        expect(() => nextPhase(phase, event)).toThrow(`"${event}" is not possible for a subscription that is ${phase}`);
    }
  });
});

describe("a subscription", () => {
  // No transition uses the connection.
  const connection = {} as Connection;
  const stored = { id: 1, path: "posts.changes", input: undefined, kind: "source", tables: ["posts"] } as const;

  it("wakes, catches up and ends", () => {
    const subscription = new Subscription({ connection, stored, phase: "dormant" });
    expect(subscription).toMatchObject({ phase: "dormant", isOpen: false, catchUpFrom: undefined });
    subscription.fallBehind({ after: "a" });
    subscription.wake();
    expect(subscription).toMatchObject({ phase: "opening", isOpen: false, catchUpFrom: { after: "a" } });
    subscription.deliver();
    subscription.advanceTo({ after: "b" });
    expect(subscription).toMatchObject({ phase: "delivering", isOpen: true, catchUpFrom: { after: "b" } });
    subscription.advanceTo(undefined);
    subscription.end();
    expect(subscription).toMatchObject({ isOpen: false, hasEnded: true, catchUpFrom: undefined });
  });

  it("aborts its generator when it ends", () => {
    const generator = new AbortController();
    const subscription = new Subscription({ connection, stored, phase: "opening" });
    subscription.run(generator);
    expect([subscription.isOpen, generator.signal.aborted]).toEqual([true, false]);
    subscription.end();
    expect([subscription.isOpen, generator.signal.aborted]).toEqual([false, true]);
  });
});
