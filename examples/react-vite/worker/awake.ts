/** One instance of a Durable Object: its own id, and the time of its construction. */
export interface Awake {
  readonly instance: string;
  readonly since: Date;
}

const awake = new Map<string | undefined, Awake>();

/** Called by the class's constructor, which the platform runs again after each hibernation. */
export function noteAwake(objectName: string | undefined): void {
  awake.set(objectName, { instance: crypto.randomUUID().slice(0, 4), since: new Date() });
}

/** The instance that runs the call. Procedures run in the isolate of their object. */
export function awakeObject(objectName: string): Awake | undefined {
  return awake.get(objectName);
}
