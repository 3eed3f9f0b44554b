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

/** A condition that was not met after this time counts as failed. */
const TIMEOUT_MS = { first: 6_000, again: 1_500 };

/** While frames arrive, a condition may take this many times as long. */
const MOST_EXTENSIONS = 8;

/** Whether a schedule runs for the first time, or again to find the steps that make it fail. */
export type Attempted = keyof typeof TIMEOUT_MS;

let accounts = 0;

/** One object, the sessions and tabs of its user or members, and all known commits and deliveries. */
export async function createWorld(
  { seed, window, owner }: Omit<Schedule, "steps">,
  figures: Figures,
  attempted: Attempted,
) {
  const timeout = TIMEOUT_MS[attempted];
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
  // A fresh stub each time, because a stub stays broken after its object was reset.
  const object = () => namespace.getByName(target.name);
  const ledger = createLedger(object);
  let notify = (): void => {};

  const subscribersOf = (some: readonly Client[] = clients): Subscriber[] =>
    some.flatMap(({ subscribers }) => [...subscribers.values()]);

  /** Reads the log, and checks the events that clients have received. */
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

  /**
   * Waits until a condition is met, and checks it after each frame. Waits longer on a busy machine while frames arrive.
   */
  async function until(condition: () => boolean, what: () => string): Promise<void> {
    const latest = performance.now() + MOST_EXTENSIONS * timeout;
    let deadline = performance.now() + timeout;
    for (;;) {
      // The use of a session is written too, so a reset may name that entry.
      if (subscribersOf().some((each) => each.isAhead())) await capture();
      digest();
      if (condition()) return;
      const left = deadline - performance.now();
      if (left <= 0) throw new Violation(`Waited in vain: ${what()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        notify = () => {
          deadline = Math.min(latest, performance.now() + timeout);
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
    /** The time to wait for expected events, in milliseconds. */
    timeout,
    ledger,
    clients: clients as readonly Client[],
    sessions: sessions as readonly Session[],
    /** Whether enough time has passed once to expire all earlier access tokens. */
    expired: false,
    object,
    capture,
    until,
    subscribersOf,

    alive,
    /** Reports a received frame, for which `until` may wait. */
    notice: (): void => notify(),

    /** Signs in the user with the fewest sessions. */
    async signIn(): Promise<void> {
      const count = (address: string): number => alive().filter((each) => each.email === address).length;
      const [address = ""] = [...users].toSorted((one, next) => count(one) - count(next));
      sessions.push(await signIn(path, address, false));
    },

    /** Opens another tab. */
    async connect(session: Session, keeps: boolean): Promise<void> {
      const created = createClient(`tab${clients.length + 1}`, session, keeps, target, () => notify());
      clients.push(created);
      await created.open();
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
