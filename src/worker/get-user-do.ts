import { jurisdictionOf } from "../shared/jurisdiction.js";
import { parseName, toName } from "../shared/owner.js";
import { getRestricted, type NamedObjects } from "../shared/restricted-namespace.js";

/**
 * Returns the stub of one user's Durable Object, in the jurisdiction of the user, to call methods that the app's class adds. An object of an unknown user has
 * no tables, and this function does not create any.
 *
 * @example
 * ```ts
 * const report = await getUserDO(env.BLOG_DO, { userId }).createReport();
 * ```
 * @throws Error if `userId` does not have the form of a user id
 */
export function getUserDO<TStub>(namespace: NamedObjects<TStub>, { userId }: { readonly userId: string }): TStub {
  const name = toName({ type: "user", id: userId });
  const jurisdiction = jurisdictionOf(userId);
  if (parseName(name)) {
    return jurisdiction === undefined ? namespace.getByName(name) : getRestricted(namespace, { jurisdiction, name });
  }
  throw new Error(
    `${JSON.stringify(userId)} is not a user id. Use the \`id\` of a \`user\`, such as the one that \`auth.me\` returns.`,
  );
}
