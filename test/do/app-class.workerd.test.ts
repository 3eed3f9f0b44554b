import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createUserDO } from "trpc-userdo/do";
import { initUserDO } from "trpc-userdo/router";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deploy } from "../fixtures/app/versions.js";
import { freshEmail, openBrowser, password } from "../fixtures/browser.js";

const t = initUserDO();
const Base = createUserDO(t.router({ ...t.builtin }));

type AppClass = new (state: DurableObjectState, env: Cloudflare.Env) => InstanceType<typeof Base>;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Constructs a class of the app on the state of an object, as the platform does. */
async function construct(
  create: () => AppClass,
  use?: (instance: InstanceType<typeof Base>) => unknown,
): Promise<void> {
  const object = env.STOCK_DO.getByName(`user:${crypto.randomUUID().replaceAll("-", "")}`);
  await runInDurableObject(object, async (_instance, state) => {
    const instance = new (create())(state, env);
    await use?.(instance);
  });
}

const replacing: Readonly<Record<string, () => AppClass>> = {
  alarm: () =>
    class ShopDO extends Base {
      override async alarm() {
        await Promise.resolve();
      }
    },
  fetch: () =>
    class ShopDO extends Base {
      override fetch() {
        return Promise.resolve(new Response("own"));
      }
    },
  webSocketMessage: () =>
    class ShopDO extends Base {
      override async webSocketMessage() {
        await Promise.resolve();
      }
    },
  webSocketClose: () =>
    class ShopDO extends Base {
      override webSocketClose() {}
    },
  webSocketError: () =>
    class ShopDO extends Base {
      override webSocketError() {}
    },
};

describe("a class of the app", () => {
  it.each(Object.entries(replacing))("is refused if it replaces %s()", async (name, create) => {
    await expect(construct(create)).rejects.toThrow(
      `The class ShopDO replaces ${name}() of createUserDO's class, so the framework's own ${name}() never runs. ` +
        `Call super.${name}(…) in it, or remove it.`,
    );
  });

  it("is refused if an intermediate class replaces a method", async () => {
    const create = (): AppClass => {
      class Logged extends Base {
        override async alarm() {
          await Promise.resolve();
        }
      }
      return class ShopDO extends Logged {
        override async alarm() {
          await super.alarm();
        }
      };
    };
    await expect(construct(create)).rejects.toThrow("replaces alarm()");
  });

  it("is refused by its first call if a field replaces it", async () => {
    const create = (): AppClass =>
      class ShopDO extends Base {
        override alarm = () => Promise.resolve();
      };
    const call = construct(create, (instance) => instance.trpc({ type: "anonymous" }, []));
    await expect(call).rejects.toThrow("The class ShopDO replaces alarm()");
  });

  it.each([
    ["a Proxy", (method: Method): Method => new Proxy<Method>(method, {})],
    [
      "a function",
      (method: Method): Method =>
        function wrapped(this: unknown, ...args) {
          return method.apply(this, args);
        },
    ],
    ["bind", (method: Method): Method => method.bind(undefined)],
  ])("may have its methods wrapped by %s, as tracing libraries do", async (_how, wrap) => {
    await construct(
      () => class ShopDO extends Base {},
      (instance) => {
        for (const name of ["alarm", "fetch", "webSocketMessage", "webSocketClose", "webSocketError"] as const) {
          Object.assign(instance, { [name]: wrap(instance[name] as Method) });
        }
        return instance.trpc({ type: "anonymous" }, []);
      },
    );
  });

  it("may call super, and add methods and fields", async () => {
    const create = (): AppClass =>
      class ShopDO extends Base {
        readonly counted = 1;
        override async alarm(info?: AlarmInvocationInfo) {
          await super.alarm(info);
        }
        override fetch(request: Request) {
          return new URL(request.url).pathname === "/own" ? Promise.resolve(new Response("own")) : super.fetch(request);
        }
        override async webSocketClose(socket: WebSocket) {
          await super.webSocketClose(socket);
        }
        count() {
          return this.counted;
        }
      };
    await construct(create, (instance) => instance.trpc({ type: "anonymous" }, []));
  });
});

describe("a faulty class of the app over HTTP", () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  afterEach(() => deploy("first"));

  it("is reported in the reply and in the log with the class and the method", async () => {
    deploy("replacing");
    const response = await openBrowser().fetch("/versions/auth.signup", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ json: { email: freshEmail(), password } }),
    });
    expect(await response.text()).toContain("The class ReplacingDO replaces alarm() of createUserDO's class");
    expect(log.mock.calls.flat().join()).toContain("The class ReplacingDO replaces alarm()");
  });
});
