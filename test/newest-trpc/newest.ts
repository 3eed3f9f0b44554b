import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import type { Stock } from "../fixtures/stock-client.js";

/** The newest @trpc/client. Its classes differ from those of the version that types the fixtures. */
export const newest = { createTRPCClient, createWSClient, wsLink } as unknown as Stock;
