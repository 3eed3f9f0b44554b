import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { appRouter } from "../app/router.js";

/** Wrong passwords cause no delay here, because the benchmark measures how long each check takes. */
export class BlogDO extends createUserDO(appRouter, {
  throttle: { failures: 1_000_000 },
  mail: () => Promise.resolve(),
  appUrl: "https://app.example.com",
}) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
