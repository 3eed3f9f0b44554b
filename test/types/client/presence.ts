import { createUserDOReact } from "trpc-userdo/react";
import { expectTypeOf } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";

// The types of presence in a frontend. This file is compiled, never run.

const { usePresence } = createUserDOReact<AppRouter>();

export function Page(): void {
  const own = usePresence({ state: { device: "phone" } });
  const team = usePresence({ organizationId: "1", state: { page: "/" } });
  const app = usePresence({ app: true, state: { reading: "news" } });
  expectTypeOf(own.status).toEqualTypeOf<"connecting" | "live" | "error">();
  expectTypeOf(app.members[0]?.connections[0]?.state).toEqualTypeOf<{ reading: string } | null | undefined>();
  expectTypeOf(team.members[0]?.userId).toEqualTypeOf<string | undefined>();
  // @ts-expect-error the state of a user's device
  usePresence({ organizationId: "1", state: { device: "phone" } });
  // @ts-expect-error the state of an organization's member
  usePresence({ state: { page: "/" } });
  // @ts-expect-error not the app's state
  usePresence({ app: true, state: { page: "/" } });
}
