import type { inferRouterOutputs } from "@trpc/server";
import { createUserDOReact } from "trpc-userdo/react";
import type { AppRouter } from "../worker/router.ts";

export const { UserDOProvider, useTRPC, useTRPCClient, useSession, live, optimistic, useLiveStatus } =
  createUserDOReact<AppRouter>();

type Outputs = inferRouterOutputs<AppRouter>;

export type Account = Outputs["account"]["get"];
export type ListedSession = Outputs["sessions"]["list"][number];
