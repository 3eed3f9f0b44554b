import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";

/** A role of the app. */
export type Role = inferRouterOutputs<AppRouter>["admin"]["roles"]["list"]["items"][number];
