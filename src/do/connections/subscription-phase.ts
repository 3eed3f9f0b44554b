/**
 * The phases of a subscription:
 *
 * - `dormant`: restored after hibernation. Its procedure has not run since, and runs only when a change concerns it
 * - `opening`: its procedure runs
 * - `delivering`: its changes are sent as they are committed. The procedure has returned a source or a live query
 * - `running`: a generator of the app runs, and its values are sent
 * - `ended`: the client has stopped it, it has failed, its generator has returned, or its socket is closed
 */
export type SubscriptionPhase = "dormant" | "opening" | "delivering" | "running" | "ended";

/**
 * - `wake`: a change concerns a dormant subscription, so its procedure runs again
 * - `deliver`: the procedure has returned a source or a live query
 * - `run`: the procedure has returned an iterable
 * - `end`: the subscription ends
 */
export type SubscriptionEvent = "wake" | "deliver" | "run" | "end";

/**
 * A client's new subscription begins as `opening`; one that is restored after hibernation begins as `dormant`.
 *
 *     dormant ── wake ──► opening ──┬── deliver ──► delivering
 *                                   └──── run ────► running
 *
 *     each of them ── end ──► ended
 */
const transitions: Readonly<
  Record<SubscriptionPhase, Readonly<Partial<Record<SubscriptionEvent, SubscriptionPhase>>>>
> = {
  dormant: { wake: "opening", end: "ended" },
  opening: { deliver: "delivering", run: "running", end: "ended" },
  delivering: { end: "ended" },
  running: { end: "ended" },
  ended: {},
};

/** @throws Error if the event is not possible in the phase, which is a bug */
export function nextPhase(phase: SubscriptionPhase, event: SubscriptionEvent): SubscriptionPhase {
  const next = transitions[phase][event];
  if (next) return next;
  throw new Error(`The event "${event}" is not possible for a subscription that is ${phase}.`);
}
