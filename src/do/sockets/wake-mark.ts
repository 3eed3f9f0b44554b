const KEY = "userdo:generators";

/**
 * Says, across a sleep, that the app's own generators may have to be taken up again. One cheap look when the
 * object wakes, so that an object without any pays nothing for them.
 */
export function createWakeMark({ kv }: DurableObjectStorage) {
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
