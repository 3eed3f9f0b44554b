import { roomOf, type AccountRoom, type IndexRoom } from "../room.js";
import { misplaced } from "./misplaced.js";

/** The account of the user in whose object a call runs. */
export function accountOf(ctx: object): AccountRoom {
  return roomOf(ctx)?.account?.() ?? misplaced();
}

/** The index entry of the address in whose object a call runs. */
export function indexOf(ctx: object): IndexRoom {
  return roomOf(ctx)?.index?.() ?? misplaced();
}
