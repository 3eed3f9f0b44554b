const HOUR = 60 * 60_000;

/**
 * How often something was done within the last hour. In memory: nothing is stored of an address that is nobody's, and one
 * that is somebody's must not behave differently.
 */
export function createHourlyCount(limit: number) {
  let times: number[] = [];
  return {
    /** Notes one more; `false`, and nothing noted, when there were as many as may be. */
    take(now: number): boolean {
      times = times.filter((at) => at > now - HOUR);
      if (times.length >= limit) return false;
      times.push(now);
      return true;
    },
  };
}
