import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { appRouter } from "../app/router.js";

/** Wrong passwords cost no wait here: what is measured is how long each takes. */
export class BlogDO extends createUserDO(appRouter, {
  throttle: { failures: 1_000_000 },
  mail: () => Promise.resolve(),
  appUrl: "https://app.example.com",
}) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
