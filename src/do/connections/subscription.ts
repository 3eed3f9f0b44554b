import type { Position } from "../change-log/flush.js";
import type { StoredSubscription } from "./attachment.js";
import type { Connection } from "./connection.js";
import { nextPhase, type SubscriptionPhase } from "./subscription-phase.js";

export interface SubscriptionOptions {
  readonly connection: Connection;
  readonly stored: StoredSubscription;
  readonly phase: SubscriptionPhase;
  /** @default the subscription is up to date */
  readonly catchUpFrom?: Position | undefined;
}

/**
 * A subscription while the object is in memory. It is a state machine with two independent parts. The phase says whether its procedure
 * has to run: see `SubscriptionPhase`. The position says which changes its client has not received:
 *
 * | state      | `catchUpFrom` | a change that concerns the subscription                                          |
 * | ---------- | ------------- | -------------------------------------------------------------------------------- |
 * | up to date | `undefined`   | is sent. If the socket is not ready or the phase is `dormant`, it falls behind   |
 * | behind     | a position    | waits. The subscription receives it when it catches up, one page after the other |
 *
 * A subscription behind catches up as soon as its phase is `delivering`, its socket's window has room, and its caller is authorized.
 * If it is dormant, its procedure runs first. A position belongs to sources, and to generators that have not yielded yet: these start
 * again at it. Live queries are always `delivering`, because `live-queries.ts` runs them and tracks what their clients have.
 */
export class Subscription {
  readonly connection: Connection;
  #stored: StoredSubscription;
  #phase: SubscriptionPhase;
  #catchUpFrom: Position | undefined;
  #generator: AbortController | undefined;

  constructor({ connection, stored, phase, catchUpFrom }: SubscriptionOptions) {
    this.connection = connection;
    this.#stored = stored;
    this.#phase = phase;
    this.#catchUpFrom = catchUpFrom;
  }

  get stored(): StoredSubscription {
    return this.#stored;
  }

  get phase(): SubscriptionPhase {
    return this.#phase;
  }

  /** Whether its procedure has run, so that values can be sent. */
  get isOpen(): boolean {
    return this.#phase === "delivering" || this.#phase === "running";
  }

  get hasEnded(): boolean {
    return this.#phase === "ended";
  }

  /** Position of the first change that was not delivered; `undefined` if the subscription is up to date. */
  get catchUpFrom(): Position | undefined {
    return this.#catchUpFrom;
  }

  /** Call it when the procedure of a dormant subscription starts to run. */
  wake(): void {
    this.#phase = nextPhase(this.#phase, "wake");
  }

  /** Call it when the procedure has returned a source or a live query. */
  deliver(): void {
    this.#phase = nextPhase(this.#phase, "deliver");
  }

  /** Call it when the procedure has returned an iterable. The generator is aborted when the subscription ends. */
  run(generator: AbortController): void {
    this.#phase = nextPhase(this.#phase, "run");
    this.#generator = generator;
  }

  end(): void {
    this.#phase = nextPhase(this.#phase, "end");
    this.#generator?.abort();
  }

  /** Marks the subscription as behind, from this position. */
  fallBehind(position: Position): void {
    this.#catchUpFrom = position;
  }

  /** Behind → behind, at a later position, or → up to date. */
  advanceTo(position: Position | undefined): void {
    this.#catchUpFrom = position;
  }

  /** Changes fields in memory only. */
  changeStored(fields: Partial<StoredSubscription>): void {
    this.#stored = { ...this.#stored, ...fields };
  }
}
