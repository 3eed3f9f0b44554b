import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { appRouter } from "./router.js";

export class BlogDO extends createUserDO(appRouter) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
