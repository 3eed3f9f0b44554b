import type { Owner } from "../shared/owner.js";

declare const OWNER: unique symbol;

/** Marks the type of a procedure's meta with the kind of object in which the procedure runs. There is no such value. */
export interface OwnerKind<TOwner extends Owner["type"]> {
  readonly [OWNER]?: TOwner | undefined;
}
