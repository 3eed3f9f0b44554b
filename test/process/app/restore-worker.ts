import { createUserDO } from "trpc-userdo/do";
import { createCaller, createHandler } from "trpc-userdo/worker";
import { appRouter } from "./router.js";

/** The address and the token of each mail. */
const mails: { readonly to: string; readonly kind: string; readonly token: string | undefined }[] = [];

const Base = createUserDO(appRouter, {
  mail: (mail) => void mails.push({ to: mail.to, kind: mail.kind, token: "token" in mail ? mail.token : undefined }),
  appUrl: "http://127.0.0.1/",
  directory: { email: true, organizationName: true },
  onError() {},
});

/**
 * An object on a platform whose bookmarks restore nothing, which the local runtime does not have. The test replaces the file of the
 * storage instead.
 */
export class AppDO extends Base {
  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    const bookmark = async (): Promise<string> => {
      await Promise.resolve();
      return "00000001";
    };
    for (const name of ["getCurrentBookmark", "getBookmarkForTime", "onNextSessionRestoreBookmark"])
      Object.defineProperty(state.storage, name, { value: bookmark });
    super(state, env);
  }
}

const handler = createHandler(appRouter, { binding: "APP_DO", onError() {} });

type AnyCall = Record<string, (input: unknown) => Promise<unknown>>;

export default {
  async fetch(request: Request, env: { readonly APP_DO: DurableObjectNamespace<AppDO> }, context: ExecutionContext) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/mails") return Response.json(mails);
    if (pathname === "/id") return new Response(env.APP_DO.idFromName(searchParams.get("name") ?? "").toString());
    if (pathname !== "/system")
      return (await handler(request, env as never, context)) ?? new Response(null, { status: 404 });
    const { path, input } = await request.json<{ path: string; input: { at?: string | Date } }>();
    if (input.at !== undefined) input.at = new Date(input.at);
    const call = path
      .split(".")
      .reduce<unknown>((at, name) => (at as AnyCall)[name], createCaller(env.APP_DO as never).asSystem());
    return Response.json(await (call as AnyCall[string])(input));
  },
};
