const KEY = "userdo:unfinished";

/**
 * Says, across a sleep, that something has to be taken up again which no event may touch: the app's own generators,
 * or a client that was asked to show that it reads. One cheap look when the object wakes, so that an object without
 * any pays nothing for them.
 */
export function createResumeFlag({ kv }: DurableObjectStorage) {
  let known = false;
  return {
    isSet: (): boolean => kv.get(KEY) === true,
    set(): void {
      if (!known) kv.put(KEY, true);
      known = true;
    },
    clear(): void {
      known = false;
      kv.delete(KEY);
    },
  };
}
