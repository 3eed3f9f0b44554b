import type { z } from "zod";
import type { AllowedValue, Column } from "./column.js";
import { checkNested } from "./describe-nested.js";
import { isBytes } from "./is-bytes.js";
import { mergeStorage, type Storage, storageOfValues } from "./merge-storage.js";
import { UnmappableError } from "./unmappable-error.js";

interface Description {
  /** `undefined` for a type whose only values are `null` and `undefined`. */
  readonly storage: Storage | undefined;
  readonly null: boolean;
  readonly undefined: boolean;
}

const INTEGER_FORMATS = new Set(["safeint", "int32", "uint32"]);

/**
 * Derives the column of a field from the output of its zod type.
 *
 * @throws UnmappableError if the type has no column
 */
export function describeField(name: string, schema: z.core.$ZodType): Column {
  const { storage, ...empty } = describe(schema);
  if (!storage) throw new UnmappableError("null");
  const whenNull = empty.null ? "null" : empty.undefined ? "undefined" : "never";
  return { name, ...storage, whenNull, ...(hasDefault(schema) ? { hasDefault: true } : {}) };
}

function describe(schema: z.core.$ZodType): Description {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  // Other types, including future ones of zod, fall through to the error.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (def.type) {
    case "string":
    case "template_literal":
      return stored({ type: "text" });
    case "number":
      return stored({ type: isInteger(def) ? "integer" : "real" });
    case "boolean":
    case "date":
    case "bigint":
      return stored({ type: def.type });
    case "enum":
    case "literal":
      return ofValues([...(schema._zod.values ?? [])]);
    case "null":
      return { storage: undefined, null: true, undefined: false };
    case "undefined":
      return { storage: undefined, null: false, undefined: true };
    case "array":
    case "tuple":
      checkNested(schema);
      return stored({ type: "json", list: true });
    case "object":
    case "record":
      checkNested(schema);
      return stored({ type: "json" });
    case "union":
      return either(def.options.map(describe));
    case "intersection":
      return both(describe(def.left), describe(def.right));
    case "lazy":
      checkNested(schema);
      return describe(def.getter());
    case "pipe":
      return describe(def.out);
    case "optional":
      return { ...describe(def.innerType), undefined: true };
    case "nullable":
      return { ...describe(def.innerType), null: true };
    case "nonoptional":
    case "default":
      return { ...describe(def.innerType), undefined: false };
    case "prefault":
    case "catch":
    case "readonly":
      return describe(def.innerType);
    case "custom":
      if (isBytes(def)) return stored({ type: "bytes" });
      break;
  }
  throw new UnmappableError(def.type);
}

function stored(storage: Storage): Description {
  return { storage, null: false, undefined: false };
}

/** Whether a number is an integer, by `z.int()` or a later `.int()`. */
function isInteger(def: z.core.$ZodNumberDef): boolean {
  const formats = [def, ...(def.checks ?? []).map((check) => check._zod.def)];
  return formats.some((one) => "format" in one && INTEGER_FORMATS.has(String(one.format)));
}

function ofValues(values: readonly (AllowedValue | null | undefined | symbol)[]): Description {
  const allowed = values.filter((value) => value !== null && value !== undefined);
  if (allowed.some((value) => typeof value === "symbol")) throw new UnmappableError("symbol");
  return {
    storage: storageOfValues(allowed as AllowedValue[]),
    null: values.includes(null),
    undefined: values.includes(undefined),
  };
}

function either(options: readonly Description[]): Description {
  return {
    storage: mergeStorage(options.flatMap(({ storage }) => storage ?? [])),
    null: options.some((option) => option.null),
    undefined: options.some((option) => option.undefined),
  };
}

function both(left: Description, right: Description): Description {
  if (left.storage?.type !== right.storage?.type) throw new UnmappableError("intersection");
  return { storage: left.storage, null: left.null && right.null, undefined: left.undefined && right.undefined };
}

/**
 * Whether a type has a default for a missing value: `.default`, `.prefault` or `.catch`. Does not compute the default,
 * because a Worker cannot read a clock or random numbers while it starts.
 */
function hasDefault(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  // Other types have no default. A coerced or preprocessed type may accept undefined, but not as a declared default.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (def.type) {
    case "default":
    case "prefault":
    case "catch":
      return true;
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
      return hasDefault(def.innerType);
    case "pipe":
      return hasDefault(def.in);
    default:
      return false;
  }
}
