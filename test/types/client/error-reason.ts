import type { TRPCClientError } from "@trpc/client";
import type { ErrorReason } from "trpc-userdo/client";
import { initUserDO } from "trpc-userdo/router";
import { expectTypeOf } from "vitest";

const plain = initUserDO();
const formatted = initUserDO({
  errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, fields: ["email"] } }),
});
const plainRouter = plain.router({ ...plain.builtin });
const formattedRouter = formatted.router({ ...formatted.builtin });

export function readErrors(
  error: TRPCClientError<typeof plainRouter>,
  formattedError: TRPCClientError<typeof formattedRouter>,
): void {
  expectTypeOf(error.data?.reason).toEqualTypeOf<ErrorReason | undefined>();
  expectTypeOf(error.data?.requestId).toEqualTypeOf<string | undefined>();
  expectTypeOf(formattedError.data?.reason).toEqualTypeOf<ErrorReason | undefined>();
  expectTypeOf(formattedError.data?.fields).toEqualTypeOf<string[] | undefined>();
}
