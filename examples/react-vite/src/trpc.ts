import { createUserDOReact } from "trpc-userdo/react";
import type { AppRouter } from "../worker/router.ts";

export const { UserDOProvider, useTRPC, useTRPCClient, useSession, live, optimistic, useLiveStatus } =
  createUserDOReact<AppRouter>();
