import { parseName, toName } from "../shared/owner.js";

/** The part of a Durable Object namespace that this function uses. */
interface Namespace<TStub> {
  getByName(name: string): TStub;
}

/**
 * Returns the stub of one user's Durable Object, to call methods that the app's class adds. An object of an unknown user has
 * no tables, and this function does not create any.
 *
 * @example
 * ```ts
 * const report = await getUserDO(env.BLOG_DO, { userId }).createReport();
 * ```
 * @throws Error if `userId` does not have the form of a user id
 */
export function getUserDO<TStub>(namespace: Namespace<TStub>, { userId }: { readonly userId: string }): TStub {
  const name = toName({ type: "user", id: userId });
  if (parseName(name)) return namespace.getByName(name);
  throw new Error(
    `${JSON.stringify(userId)} is not a user id. Use the \`id\` of a \`user\`, such as the one that \`auth.me\` returns.`,
  );
}
