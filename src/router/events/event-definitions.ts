import { z } from "zod";
import { isReservedKey } from "../../shared/reserved-keys.js";
import { isIdentifier } from "../schema/field-names.js";

/** An event that is delivered to the listeners that are connected, and not stored. */
export interface TransientEvent<TSchema extends z.core.$ZodType = z.core.$ZodType> {
  readonly transient: true;
  readonly schema: TSchema;
}

/** The events of one kind of owner, by name, with the schemas of their data. */
export type EventDefinitions = Readonly<Record<string, z.core.$ZodType | TransientEvent>>;

/** The events of an app, by the kind of owner that emits them. */
export interface OwnerEvents {
  readonly user?: EventDefinitions;
  readonly organization?: EventDefinitions;
  readonly app?: EventDefinitions;
}

/** The kinds of owners that emit events. */
export type EventOwner = keyof OwnerEvents;

/** Rejects other kinds of owners at compile time. */
export type NoOtherOwners<TByOwner> = { readonly [TKey in Exclude<keyof TByOwner, EventOwner>]: never };

/**
 * Declares an event that is not stored: the position of a pointer, "is typing". It reaches the listeners that are connected when it
 * is emitted. A listener that reads too slowly misses it.
 *
 * @example
 * ```ts
 * initUserDO({ events: { organization: { pointer: transient(z.object({ x: z.number(), y: z.number() })) } } });
 * ```
 */
export function transient<TSchema extends z.core.$ZodType>(schema: TSchema): TransientEvent<TSchema> {
  return { transient: true, schema };
}

/** An event as the object uses it. */
export interface EventDefinition {
  readonly schema: z.core.$ZodType;
  readonly isTransient: boolean;
}

export function toEventDefinition(event: z.core.$ZodType | TransientEvent): EventDefinition {
  return "transient" in event ? { schema: event.schema, isTransient: true } : { schema: event, isTransient: false };
}

/**
 * Checks the option `events` when the app starts.
 *
 * @throws Error that names the event and how to fix it
 */
export function checkEvents(events: OwnerEvents | undefined): void {
  if (events === undefined) return;
  for (const [owner, definitions] of Object.entries(events) as [string, EventDefinitions | undefined][]) {
    for (const [name, event] of Object.entries(definitions ?? {})) checkEvent(`events.${owner}.${name}`, name, event);
  }
}

function checkEvent(option: string, name: string, event: unknown): void {
  if (!isIdentifier(name) || isReservedKey(name)) {
    throw new Error(
      `${option}: ${JSON.stringify(name)} is not a valid name of an event. Begin with a letter, and use at most 63 letters, ` +
        'digits and "_".',
    );
  }
  if (isSchema(event)) return;
  if (
    typeof event === "object" &&
    event !== null &&
    "transient" in event &&
    "schema" in event &&
    isSchema(event.schema)
  )
    return;
  throw new Error(`${option} is not a schema. Write it as z.object({ … }) or transient(z.object({ … })).`);
}

function isSchema(value: unknown): boolean {
  return value instanceof z.core.$ZodType;
}
