import { env } from "cloudflare:workers";
import { createClient, type Client } from "./client.js";
import type { Figures } from "./figures.js";
import { Violation } from "./history.js";
import { createLedger } from "./ledger.js";
import type { Schedule } from "./schedule.js";
import { signIn, type Session } from "./session.js";
import type { Subscriber } from "./subscriber.js";

/** Waited for a condition this long, it will not come true. */
const PATIENCE = { first: 6_000, again: 1_500 };

/** Whether a schedule is run for the first time, or again to find what of it is needed to fail. */
export type Tried = keyof typeof PATIENCE;

let accounts = 0;

/** One object, its user's sessions and tabs, and all that is known of what was committed and told. */
export async function createWorld({ seed, window }: Pick<Schedule, "seed" | "window">, figures: Figures, tried: Tried) {
  const patience = PATIENCE[tried];
  const path = `/${window}`;
  const namespaces = { wide: env.WIDE_DO, narrow: env.NARROW_DO, hasty: env.HASTY_DO };
  const namespace = namespaces[window];
  const email = `chaos-${seed}-${++accounts}@example.com`;
  const sessions: Session[] = [await signIn(path, email, true)];
  const clients: Client[] = [];
  // A fresh stub each time: one whose object was reset stays broken.
  const object = () => namespace.getByName(`user:${sessions[0]?.userId}`);
  const ledger = createLedger(object);
  let news = (): void => {};

  const subscribersOf = (some: readonly Client[] = clients): Subscriber[] =>
    some.flatMap(({ subscribers }) => [...subscribers.values()]);

  /** Reads what was committed, and looks at what clients were told by then. */
  async function capture(): Promise<void> {
    const read = await ledger.read();
    figures.writes += read;
    digest();
  }

  function digest(): void {
    for (const client of clients) {
      if (client.violation) throw client.violation;
      for (const subscriber of client.subscribers.values()) subscriber.digest(client.session.revokedAt);
    }
  }

  /** Waits, one frame after the other, until something is so. */
  async function until(condition: () => boolean, what: () => string): Promise<void> {
    const deadline = performance.now() + patience;
    for (;;) {
      // A session that is seen again is written down, too: a reset may name that entry.
      if (subscribersOf().some((each) => each.isAhead())) await capture();
      digest();
      if (condition()) return;
      const left = deadline - performance.now();
      if (left <= 0) throw new Violation(`Waited in vain: ${what()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        news = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    window,
    figures,
    /** How long to wait for what has to come, in milliseconds. */
    patience,
    ledger,
    clients: clients as readonly Client[],
    sessions: sessions as readonly Session[],
    /** Whether so much time has passed once that no access token of before holds. */
    lapsed: false,
    object,
    capture,
    until,
    subscribersOf,

    /** The sessions that were not revoked. */
    alive: (): Session[] => sessions.filter(({ revokedAt }) => revokedAt === Infinity),

    async signIn(): Promise<void> {
      sessions.push(await signIn(path, email, false));
    },

    /** Another tab. */
    async connect(session: Session, keeps: boolean): Promise<void> {
      const made = createClient(`tab${clients.length + 1}`, session, keeps, path, () => news());
      clients.push(made);
      await made.open();
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
