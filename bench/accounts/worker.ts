import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { noMail } from "../app/no-mail.js";
import { appRouter } from "../app/router.js";

/** Wrong passwords cause no delay here, because the benchmark measures how long each check takes. */
export class BlogDO extends createUserDO(appRouter, {
  throttle: { failures: 1_000_000 },
  ...noMail,
}) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
