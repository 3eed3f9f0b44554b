import type { z } from "zod";
import type { TableDefinition, TableShape } from "./table.js";

/** Flattens an intersection, so that editors show one object type. */
type Flat<TType> = { [TKey in keyof TType]: TType[TKey] };

/** The zod object's fields of a definition. */
export type ShapeOf<TDefinition extends TableDefinition> =
  TDefinition extends TableDefinition<infer TShape> ? TShape : TableShape;

/** The fields that are optional but not nullable. They are read as `undefined` if they are not set. */
type OptionalKey<TShape extends TableShape> = {
  [TKey in keyof TShape]: undefined extends z.output<TShape[TKey]>
    ? null extends z.output<TShape[TKey]>
      ? never
      : TKey
    : never;
}[keyof TShape];

type Fields<TShape extends TableShape> = {
  readonly [TKey in Exclude<keyof TShape, OptionalKey<TShape>>]: Exclude<z.output<TShape[TKey]>, undefined>;
} & { readonly [TKey in OptionalKey<TShape>]?: z.output<TShape[TKey]> };

type Added = { readonly id: string; readonly createdAt: Date; readonly updatedAt: Date };

/**
 * A row as it is read. A field that is not set is missing if it is optional, and `null` if it is nullable or nullish.
 */
export type Row<TDefinition extends TableDefinition> = Flat<Added & Fields<ShapeOf<TDefinition>>>;

/**
 * The values for `create`: the input of the zod object, in which fields with a default are optional, and optionally the
 * row's id. The app itself can also set its times.
 */
export type Insert<TDefinition extends TableDefinition> = z.input<z.ZodObject<ShapeOf<TDefinition>, z.core.$strip>> & {
  /**
   * A UUIDv7 in lower case, for a caller that has to know the id before the row is stored.
   * @default a new UUIDv7
   */
  readonly id?: string | undefined;
  /**
   * A time in the past, for a row of another system. Accepted from the app itself: from calls as the system, and from the code of
   * the object's class.
   * @default now
   */
  readonly createdAt?: Date | undefined;
  /**
   * As `createdAt`, and not before it.
   * @default `createdAt`
   */
  readonly updatedAt?: Date | undefined;
};

type UpdateOf<TShape extends TableShape> = {
  readonly [TKey in keyof TShape]?:
    | z.input<TShape[TKey]>
    | (undefined extends z.output<TShape[TKey]> ? null : never)
    | undefined;
};

/** The values for `update`: some of the fields. `undefined` keeps a field; `null` clears it, also an optional one. */
export type Update<TDefinition extends TableDefinition> = UpdateOf<ShapeOf<TDefinition>>;
