/** One instance of a Durable Object: an id of its own, and when it was constructed. */
export interface Awake {
  readonly instance: string;
  readonly since: Date;
}

const awake = new Map<string | undefined, Awake>();

/** Called by the class's constructor, which the platform runs again after every sleep. */
export function noteAwake(objectName: string | undefined): void {
  awake.set(objectName, { instance: crypto.randomUUID().slice(0, 4), since: new Date() });
}

/** The instance that runs the call: procedures run in the isolate of the object that they belong to. */
export function awakeObject(objectName: string): Awake | undefined {
  return awake.get(objectName);
}
