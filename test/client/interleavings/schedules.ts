import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    schedules: number;
  }
}

/** How many schedules a test runs: 500, unless the environment variable `SCHEDULES` says otherwise. */
export const schedules = inject("schedules");
