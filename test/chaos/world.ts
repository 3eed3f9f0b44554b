import { env } from "cloudflare:workers";
import { createClient, type Client } from "./client.js";
import type { Figures } from "./figures.js";
import { Violation } from "./history.js";
import { createLedger } from "./ledger.js";
import type { Schedule } from "./schedule.js";
import { createOrganization } from "./organization.js";
import { signIn, type Session } from "./session.js";
import type { Subscriber } from "./subscriber.js";
import { userTarget } from "./target.js";

/** Waited for a condition this long, it will not come true. */
const PATIENCE = { first: 6_000, again: 1_500 };

/** While frames arrive, a condition may take so many times as long. */
const MOST_EXTENSIONS = 8;

/** Whether a schedule is run for the first time, or again to find what of it is needed to fail. */
export type Tried = keyof typeof PATIENCE;

let accounts = 0;

/** One object, the sessions and tabs of its user or its members, and all that is known of the commits and deliveries. */
export async function createWorld({ seed, window, owner }: Omit<Schedule, "steps">, figures: Figures, tried: Tried) {
  const patience = PATIENCE[tried];
  const path = `/${window}`;
  const namespaces = { wide: env.WIDE_DO, narrow: env.NARROW_DO, hasty: env.HASTY_DO };
  const namespace = namespaces[window];
  const account = ++accounts;
  const email = (member: number): string => `chaos-${seed}-${account}-${member}@example.com`;
  const organization = owner === "organization" ? await createOrganization(path, namespace, email) : undefined;
  const sessions: Session[] = organization ? [...organization.sessions] : [await signIn(path, email(0), true)];
  const target = organization?.target ?? userTarget(path, sessions[0]?.userId ?? "");
  if (organization) figures.organizations++;
  const clients: Client[] = [];
  // A fresh stub each time: one whose object was reset stays broken.
  const object = () => namespace.getByName(target.name);
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

  /** Waits, one frame after the other, until something is so. On a busy machine it waits longer, while frames still arrive. */
  async function until(condition: () => boolean, what: () => string): Promise<void> {
    const latest = performance.now() + MOST_EXTENSIONS * patience;
    let deadline = performance.now() + patience;
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
          deadline = Math.min(latest, performance.now() + patience);
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The sessions that were not revoked. */
  const alive = (): Session[] => sessions.filter(({ revokedAt }) => revokedAt === Infinity);
  /** The users who were not removed from the organization. */
  const users = new Set(sessions.map((each) => each.email));

  return {
    window,
    target,
    organizationId: organization?.organizationId ?? "",
    users,
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

    alive,
    /** Something came in that `until` may wait for. */
    notice: (): void => news(),

    /** Signs in the user who has the fewest sessions. */
    async signIn(): Promise<void> {
      const count = (address: string): number => alive().filter((each) => each.email === address).length;
      const [address = ""] = [...users].toSorted((one, next) => count(one) - count(next));
      sessions.push(await signIn(path, address, false));
    },

    /** Another tab. */
    async connect(session: Session, keeps: boolean): Promise<void> {
      const made = createClient(`tab${clients.length + 1}`, session, keeps, target, () => news());
      clients.push(made);
      await made.open();
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
