import { useEffect, useState } from "react";
import type { useSession } from "../trpc.ts";
import { readLastUser, storeLastUser } from "./last-user.ts";
import { closeOfflineTasks } from "./offline-tasks.ts";
import type { LastUser } from "./stored-values.ts";
import { deleteUserStores } from "./user-store.ts";

/**
 * The user whose tasks are shown: the signed-in one, or the last one while the session cannot be checked. When the user signs
 * out, or another one signs in, deletes what this browser has stored.
 */
export function useOfflineUser(session: ReturnType<typeof useSession>): LastUser | undefined {
  const [last, setLast] = useState<LastUser>();
  const user = session.status === "signedIn" ? session.user : undefined;
  const isSignedOut = session.status === "signedOut";
  const { id, email } = user ?? {};

  useEffect(() => void readLastUser().then(setLast), []);

  useEffect(() => {
    if (id !== undefined && email !== undefined) void deleteUserStores(id).then(() => storeLastUser({ id, email }));
    if (!isSignedOut) return;
    closeOfflineTasks();
    setLast(undefined);
    void deleteUserStores();
  }, [id, email, isSignedOut]);

  if (user) return user;
  return isSignedOut ? undefined : last;
}
