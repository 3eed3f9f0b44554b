import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { createTcpProxy, type TcpProxy } from "../process/tcp-proxy.js";
import { useExample, type ExampleOptions } from "./use-example.js";

/** Starts the example, Chromium, and a proxy between the two that can cut the connections of a page. */
export function useProxiedExample(options: ExampleOptions = {}) {
  const example = useExample(options);
  let proxy: TcpProxy;
  const port = (): number => Number(new URL(example.url).port);

  beforeAll(async () => {
    proxy = await createTcpProxy();
    proxy.target = port();
  });

  afterAll(() => proxy?.close());

  return {
    /** The port of the example itself. */
    port,
    /** The address without the proxy. */
    get directUrl(): string {
      return example.url;
    },
    /** The address behind the proxy. */
    get url(): string {
      return `http://127.0.0.1:${proxy.port}/`;
    },
    get proxy(): TcpProxy {
      return proxy;
    },
    newBrowser: (): Promise<BrowserContext> => example.newBrowser(),
  };
}
