import { toName } from "../shared/owner.js";

/** A namespace of the platform, as far as reaching one of its objects needs it. */
interface Namespace<TStub> {
  getByName(name: string): TStub;
}

/**
 * The Durable Object of one user, for the methods that the app's own class adds. A made-up id creates nothing:
 * such a method finds no tables there.
 */
export function getUserDO<TStub>(namespace: Namespace<TStub>, { userId }: { readonly userId: string }): TStub {
  return namespace.getByName(toName({ type: "user", id: userId }));
}
