import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import type { Stock } from "../fixtures/stock-client.js";

/** The newest @trpc/client. Its classes are not those of the version that the fixtures are typed with. */
export const newest = { createTRPCClient, createWSClient, wsLink } as unknown as Stock;
