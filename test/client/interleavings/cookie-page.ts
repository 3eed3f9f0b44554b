import type { CookieBrowser } from "./cookie-tab.js";
import { openCookieTab } from "./cookie-tab.js";
import type { Period } from "./journal.js";

export interface Person {
  readonly email: string;
  readonly id: string;
}

const password = "correct horse battery";

/** The posts that pages wrote, by title, with the period in which each was written. */
export type Posts = Map<string, Period>;

/** A page that learns the signed-in user from its client alone. */
export function openCookiePage(browser: CookieBrowser, posts: Posts, name: string) {
  const problems: string[] = [];
  let period: Period = { user: undefined };
  let running = 0;
  const { client, pending } = openCookieTab(browser, (change, userId) => {
    period = { user: change === "signedOut" ? "nobody" : userId };
  });

  function run(call: Promise<unknown>): void {
    running++;
    void call.catch(() => {}).finally(() => running--);
  }

  return {
    client,
    pending,
    problems,
    isAtRest: (): boolean => running === 0,
    signIn: ({ email }: Person): void => run(client.auth.login.mutate({ email, password })),
    signOut: (): void => run(client.auth.logout.mutate()),
    write(): void {
      const title = `${name} ${posts.size}`;
      posts.set(title, period);
      run(client.posts.create.mutate({ title, body: "" }));
    },
    read(): void {
      const started = period;
      const check = ({ user }: { user: { id: string } }): void => {
        started.user ??= user.id;
        if (started.user !== user.id) problems.push(`a page of ${started.user} received the account of ${user.id}`);
      };
      run(client.auth.me.query().then(check));
    },
  };
}

export type CookiePage = ReturnType<typeof openCookiePage>;
