/** The operators of `where`. */
export const operators = ["==", "!=", "<", "<=", ">", ">=", "in", "notIn", "contains", "startsWith", "isNull"] as const;

export type Operator = (typeof operators)[number];

/** `null` for a field that can have no value. */
type Nothing<TField> = null extends TField ? null : undefined extends TField ? null : never;

interface Equality<TValue, TNothing> {
  readonly "==": TValue | TNothing;
  readonly "!=": TValue | TNothing;
  readonly in: readonly (TValue | TNothing)[];
  readonly notIn: readonly (TValue | TNothing)[];
  readonly isNull: boolean;
}

interface Order<TValue> {
  readonly "<": TValue;
  readonly "<=": TValue;
  readonly ">": TValue;
  readonly ">=": TValue;
}

interface Text {
  readonly contains: string;
  readonly startsWith: string;
}

// Tuples prevent distribution over the members of an enum or a boolean.
type OperandsOf<TValue, TNothing> = [TValue] extends [string]
  ? Equality<TValue, TNothing> & Order<TValue> & Text
  : [TValue] extends [number] | [bigint] | [boolean] | [Date] | [Uint8Array]
    ? Equality<TValue, TNothing> & Order<TValue>
    : [TValue] extends [readonly (infer TElement)[]]
      ? Equality<TValue, TNothing> & { readonly contains: TElement }
      : Equality<TValue, TNothing>;

/**
 * The operators that a field supports, with the type of the value that each compares to. A field of unknown type has
 * all operators, and is checked only at run time.
 */
export type Operands<TField> = unknown extends TField
  ? { readonly [TOperator in Operator]: unknown }
  : OperandsOf<NonNullable<TField>, Nothing<TField>>;
