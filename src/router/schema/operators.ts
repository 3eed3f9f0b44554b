/** Every operator that `where` takes. */
export const operators = ["==", "!=", "<", "<=", ">", ">=", "in", "notIn", "contains", "startsWith", "isNull"] as const;

export type Operator = (typeof operators)[number];

/** `null` for a field that can be without a value. */
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

// Tuples around the types, so that an enum or a boolean is looked at as one type and not member by member.
type OperandsOf<TValue, TNothing> = [TValue] extends [string]
  ? Equality<TValue, TNothing> & Order<TValue> & Text
  : [TValue] extends [number] | [bigint] | [boolean] | [Date] | [Uint8Array]
    ? Equality<TValue, TNothing> & Order<TValue>
    : [TValue] extends [readonly (infer TElement)[]]
      ? Equality<TValue, TNothing> & { readonly contains: TElement }
      : Equality<TValue, TNothing>;

/**
 * The operators that suit a field, each with the type of what it compares with. Every operator for a field of
 * unknown type, which is then checked at run time only.
 */
export type Operands<TField> = unknown extends TField
  ? { readonly [TOperator in Operator]: unknown }
  : OperandsOf<NonNullable<TField>, Nothing<TField>>;
