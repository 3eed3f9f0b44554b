const KEY = "userdo:unfinished";

/**
 * Records in storage that the object has work to resume after hibernation that no event would trigger: generators of the app, or a
 * client that was asked to prove that it reads. An object that wakes checks one key, so it costs little if there is no such work.
 */
export function createResumeFlag({ kv }: DurableObjectStorage) {
  /** `undefined` until it is read or written. */
  let isStored: boolean | undefined;
  return {
    isSet: (): boolean => (isStored ??= kv.get(KEY) === true),
    set(): void {
      if (!isStored) kv.put(KEY, true);
      isStored = true;
    },
    clear(): void {
      isStored = false;
      kv.delete(KEY);
    },
  };
}

export type ResumeFlag = ReturnType<typeof createResumeFlag>;
