import { persistQueryClient, type Persister } from "@tanstack/query-persist-client-core";
import type { QueryClient } from "@tanstack/react-query";
import { createClient, type RetryStatus } from "trpc-userdo/client";
import { createUserPersister } from "trpc-userdo/persist";
import { createUserDOReact } from "trpc-userdo/react";
import { expectTypeOf } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";

const client = createClient<AppRouter>({
  retries: 2,
  onRetryStatus: (status) => expectTypeOf(status).toEqualTypeOf<RetryStatus>(),
});

export function sendAgain(): void {
  void client.posts.create.mutate({ title: "Tea", body: "" }, { context: { idempotencyKey: "order-1" } });
  expectTypeOf(createUserDOReact<AppRouter>().useRetryStatus).returns.toEqualTypeOf<RetryStatus>();
  // @ts-expect-error a number of retries
  createClient<AppRouter>({ retries: true });
}

export function persist(queryClient: QueryClient): void {
  const persister = createUserPersister({ client, storage: localStorage, version: "1" });
  expectTypeOf(persister).toExtend<Persister>();
  void persistQueryClient({ queryClient, persister });
  // @ts-expect-error the version is required
  createUserPersister({ client, storage: localStorage });
}
