import { v7 as uuidv7 } from "uuid";

/**
 * The id of a new session: 32 hex digits that sort by the time of creation, so that the Worker can tell which of two
 * sessions in a browser is the newer one. It authenticates nobody: tokens are signed.
 */
export function createSessionId(): string {
  return uuidv7().replaceAll("-", "");
}
