import { parseName, toName } from "../shared/owner.js";

/** A namespace of the platform, as far as reaching one of its objects needs it. */
interface Namespace<TStub> {
  getByName(name: string): TStub;
}

/**
 * The Durable Object of one user, for the methods that the app's own class adds. A made-up id creates nothing:
 * such a method finds no tables there.
 *
 * @throws Error when `userId` cannot be any user's id
 */
export function getUserDO<TStub>(namespace: Namespace<TStub>, { userId }: { readonly userId: string }): TStub {
  const name = toName({ type: "user", id: userId });
  if (parseName(name)) return namespace.getByName(name);
  throw new Error(
    `${JSON.stringify(userId)} is no user's id. Use the \`id\` of a \`user\`, such as \`auth.me\` answers.`,
  );
}
