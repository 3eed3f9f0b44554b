import { useEffect } from "react";
import type { useSession } from "../trpc.ts";
import { readLastUser, storeLastUser, type LastUser } from "./last-user.ts";
import { closeOfflineTasks } from "./offline-tasks.ts";
import { deleteUserStores } from "./user-store.ts";

/**
 * The user whose tasks are shown: the signed-in one, or the last one while the session cannot be checked. When the user signs
 * out, or another one signs in, deletes what this browser has stored.
 */
export function useOfflineUser(session: ReturnType<typeof useSession>): LastUser | undefined {
  const user = session.status === "signedIn" ? session.user : undefined;
  const isSignedOut = session.status === "signedOut";
  const { id, email } = user ?? {};
  useEffect(() => {
    if (id !== undefined && email !== undefined) {
      storeLastUser({ id, email });
      void deleteUserStores(id);
    }
    if (isSignedOut) {
      closeOfflineTasks();
      storeLastUser(undefined);
      void deleteUserStores();
    }
  }, [id, email, isSignedOut]);
  if (user) return user;
  return isSignedOut ? undefined : readLastUser();
}
