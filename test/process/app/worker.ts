import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { appRouter } from "./router.js";

export class AppDO extends createUserDO(appRouter, { sockets: { windowEvents: 16 } }) {}

export default createWorker(appRouter, { binding: "APP_DO" });
