import { createCollection, type Collection } from "@tanstack/db";
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { TRPCClient } from "@trpc/client";
import { createClient } from "trpc-userdo/client";
import {
  createRow,
  userdoCollectionOptions,
  type CollectionSnapshot,
  type UserDOCollectionUtils,
} from "trpc-userdo/tanstack-db";
import type { AppRouter } from "../fixtures/app/router.js";
import { openBrowser, origin, password, signUp, type Browser } from "../fixtures/browser.js";
import { openClients, socketClass, type Wire } from "../fixtures/stock-client.js";

/** A row of the table. */
export type Task = Awaited<ReturnType<TRPCClient<AppRouter>["tasks"]["list"]["query"]>>[number];

export type Tasks = Collection<Task, string, UserDOCollectionUtils<Task>>;

/** A new user, and the user's object. */
export async function signUpPerson() {
  const { browser, email, user } = await signUp();
  const object = env.BLOG_DO.getByName(`user:${user.id}`);
  return {
    browser,
    email,
    object,
    sleep: () => evictDurableObject(object, { webSockets: "hibernate" }),
    stop: () => evictDurableObject(object, { webSockets: "close" }),
  };
}

/** Signs a user in to another browser. */
export async function signInAgain(email: string): Promise<Browser> {
  const browser = openBrowser();
  await browser.client().auth.login.mutate({ email, password });
  return browser;
}

export interface Device {
  readonly client: TRPCClient<AppRouter>;
  readonly wires: Wire[];
  /** The paths of all calls over HTTP. */
  readonly calls: string[];
  /** Called before each request. */
  beforeRequest: (path: string) => Promise<void> | void;
}

/** The client of this package in a browser. */
export function openDevice(browser: Browser): Device {
  const wires: Wire[] = [];
  const calls: string[] = [];
  const device: Device = {
    wires,
    calls,
    beforeRequest: () => {},
    client: createClient<AppRouter>({
      url: `${origin}/trpc`,
      async fetch(url, init) {
        const path = new URL(String(url)).pathname.replace("/trpc/", "");
        calls.push(path);
        await device.beforeRequest(path);
        return browser.fetch(String(url), init as RequestInit);
      },
      WebSocket: socketClass(browser, wires),
    }),
  };
  return device;
}

export interface OpenTasksOptions {
  readonly snapshot?: () => CollectionSnapshot<Task> | undefined;
  readonly onError?: (error: Error) => void;
}

/** Opens the collection of a user's tasks on a device. */
export function openTasks({ client }: Device, options: OpenTasksOptions = {}): Tasks {
  const { list, changes, create, update, delete: remove } = client.tasks;
  const tasks = createCollection(
    userdoCollectionOptions({ client, list, changes, create, update, delete: remove, ...options }),
  );
  openClients.add(() => void tasks.cleanup());
  return tasks;
}

export const newTask = (title: string): Task => createRow({ title, body: "", done: false });

/** The rows without what TanStack DB adds to them, by id. */
export function rowsOf(tasks: Pick<Tasks, "values"> | readonly Task[]): Task[] {
  return Array.from("length" in tasks ? tasks : tasks.values(), ({ id, title, body, done, createdAt, updatedAt }) => ({
    id,
    title,
    body,
    done,
    createdAt,
    updatedAt,
  })).toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/** Records what a reader of the collection is shown of each row, in order. */
export function recordTitles(tasks: Tasks): string[] {
  const shown: string[] = [];
  tasks.subscribeChanges((changes) => {
    for (const { type, value } of changes) shown.push(`${type} ${value.title}`);
  });
  return shown;
}
