import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { appRouter } from "./router.js";
import { noMail } from "../app/no-mail.js";

export class BlogDO extends createUserDO(appRouter, noMail) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
