import { describe, expect, it } from "vitest";
import superjson from "superjson";
import { freshTitle, openAppClient, sleepApp } from "../../fixtures/announcements.js";
import { copyBrowser, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { eventsOf, openSocket, subscribe, upgrade } from "../../fixtures/socket.js";
import { listen } from "../../fixtures/stock-client.js";

describe("a socket at /trpc?app", () => {
  it("delivers what other users write to tRPC's own client, across hibernation and a lost connection", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const { client, wires, close } = openAppClient(ada.browser);
    const titles = listen(client.announcements.titles, undefined);
    const changes = listen(client.announcements.changes, undefined);
    await Promise.all([titles.started(), changes.started()]);
    const [first, second, third] = [freshTitle(), freshTitle(), freshTitle()];
    const row = await bob.client.announcements.create.mutate({ title: first });
    await changes.until(1);
    await sleepApp();
    await bob.client.announcements.update.mutate({ id: row.id, pinned: true });
    await changes.until(2);
    wires[0]?.drop();
    await bob.client.announcements.create.mutate({ title: second });
    await changes.until(3);
    await client.announcements.create.mutate({ title: third });
    await changes.until(4);
    expect(changes.events).toMatchObject([
      { data: { type: "create", data: { title: first, pinned: false } } },
      { data: { type: "update", data: { title: first, pinned: true } } },
      { data: { type: "create", data: { title: second } } },
      { data: { type: "create", data: { title: third } } },
    ]);
    await titles.until(3);
    expect(titles.events).toMatchObject([first, second, third].map((data) => ({ data })));
    close();
  });

  it("reruns a live query when another user writes, also after hibernation", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const { client, close } = openAppClient(ada.browser);
    const title = freshTitle();
    const lists = listen(client._live, { path: "announcements.byTitle", input: { title } });
    const counts = listen(client._live, { path: "announcements.count", input: { title } });
    await Promise.all([lists.until(1), counts.until(1)]);
    const row = await bob.client.announcements.create.mutate({ title });
    await lists.until(2);
    await sleepApp();
    await bob.client.announcements.create.mutate({ title: freshTitle() });
    await bob.client.announcements.delete.mutate({ id: row.id });
    await Promise.all([lists.until(3), counts.until(3)]);
    expect(lists.events.map((event) => (event as { data: unknown[] }).data.length)).toEqual([0, 1, 0]);
    expect(counts.events.map((event) => (event as { data: unknown }).data)).toEqual([0, 1, 0]);
    close();
  });

  it("watches the keys of the app", async () => {
    const { browser, client: http } = await signUp();
    const { client, close } = openAppClient(browser);
    const themes = listen(client.announcements.themes, undefined);
    await themes.started();
    await http.announcements.setTheme.mutate({ theme: "dark" });
    await themes.until(1);
    expect(themes.events[0]).toMatchObject({ data: { type: "set", value: { theme: "dark" } } });
    close();
  });

  it("resumes after a gap by the id of the last event", async () => {
    const { browser, client } = await signUp();
    const first = await openSocket(browser, "/trpc?app");
    first.send(subscribe(1, "announcements.changes"));
    await first.until(1);
    const before = await client.announcements.create.mutate({ title: freshTitle() });
    const [event] = eventsOf(await first.until(2));
    first.socket.close();
    const { id } = await client.announcements.create.mutate({ title: freshTitle() });
    const second = await openSocket(browser, "/trpc?app");
    second.send(subscribe(1, "announcements.changes", event?.cursor));
    const events = eventsOf(await second.until(2));
    expect(event?.change).toMatchObject({ type: "create", id: before.id });
    expect(events.map(({ change }) => change)).toMatchObject([{ type: "create", id }]);
    second.socket.close();
  });

  it.each([
    ["an organization beside the app", "?app&organizationId=abc", 400],
    ["a value", "?app=other", 400],
    ["the parameter twice", "?app&app", 400],
    ["another path", "/x?app", 404],
  ])("is refused with %s", async (_name, query, status) => {
    const { browser } = await signUp();
    expect((await upgrade(browser, {}, `/trpc${query}`)).status).toBe(status);
  });

  it("is refused for an anonymous caller, a foreign page, and a session that has ended", async () => {
    expect((await upgrade(openBrowser(), {}, "/trpc?app")).status).toBe(401);
    const { browser, client } = await signUp();
    const foreign = { Origin: "https://evil.example.com", "Sec-Fetch-Site": "cross-site" };
    expect((await upgrade(browser, foreign, "/trpc?app")).status).toBe(403);
    const stolen = copyBrowser(browser);
    await client.auth.logout.mutate();
    expect((await upgrade(stolen, {}, "/trpc?app")).status).toBe(401);
  });

  it("is closed when its session ends, before the sign-out returns, and delivers nothing more", async () => {
    const { browser, client, email } = await signUp();
    const other = openBrowser();
    await other.client().auth.login.mutate({ email, password });
    const socket = await openSocket(browser, "/trpc?app");
    socket.send(subscribe(1, "announcements.changes"));
    await socket.until(1);
    await sleepApp();
    await other.client().sessions.revokeOthers.mutate();
    const { code } = await socket.closed;
    await other.client().announcements.create.mutate({ title: freshTitle() });
    expect(code).toBeGreaterThan(3_999);
    expect(eventsOf(socket.frames)).toEqual([]);
    await expect(client.announcements.list.query()).rejects.toThrow();
  });

  it("opens with a ticket, which does not open the user's socket", async () => {
    const { client } = await signUp();
    const issue = () => client.auth.socketTicket.mutate({ app: true });
    const open = (query: string) => upgrade({ cookies: new Map() }, {}, `/trpc?${query}`);
    const { ticket } = await issue();
    const opened = await open(`app&ticket=${ticket}`);
    opened.webSocket?.accept();
    opened.webSocket?.close();
    expect(opened.status).toBe(101);
    expect((await open(`ticket=${(await issue()).ticket}`)).status).toBe(401);
    const own = await client.auth.socketTicket.mutate();
    expect((await open(`app&ticket=${own.ticket}`)).status).toBe(401);
  });

  it("also serves a subscription and a live query over SSE", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const title = freshTitle();
    async function readTitle(path: string, input: unknown) {
      const query = encodeURIComponent(JSON.stringify(superjson.serialize(input)));
      const response = await ada.browser.fetch(`/trpc/${path}?input=${query}`, {
        headers: { accept: "text/event-stream" },
      });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      let hasWritten = false;
      while (reader) {
        const { done, value } = await reader.read();
        text += value ?? "";
        if (!hasWritten && text.includes("\n\n")) {
          hasWritten = true;
          await bob.client.announcements.create.mutate({ title });
        }
        if (done || text.includes(title)) break;
      }
      await reader?.cancel();
      return text;
    }
    expect(await readTitle("_live", { path: "announcements.byTitle", input: { title } })).toContain(title);
    expect(await readTitle("announcements.changes", undefined)).toContain(title);
  });
});
