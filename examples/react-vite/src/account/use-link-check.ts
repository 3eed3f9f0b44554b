import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { errorReason } from "trpc-userdo/client";
import { describeReason } from "../describe-error.ts";
import { useTRPC } from "../trpc.ts";

interface LinkCheck {
  readonly isPending: boolean;
  /** Why the link cannot be used. */
  readonly problem: string | undefined;
}

/**
 * Checks a mailed link when its page opens, before the user fills in a form. After another failure, such as a lost
 * connection, the form stays: submitting it shows that error.
 */
export function useLinkCheck(token: string | undefined, purpose: "resetPassword"): LinkCheck {
  const trpc = useTRPC();
  const { mutate, isIdle, isPending, error } = useMutation(trpc.auth.checkLink.mutationOptions());
  useEffect(() => {
    if (token !== undefined) mutate({ token, purpose });
  }, [mutate, token, purpose]);
  return {
    isPending: token !== undefined && (isIdle || isPending),
    problem:
      error?.data?.code === "BAD_REQUEST"
        ? describeReason(errorReason(error) ?? "LINK_INVALID", error.data.code)
        : undefined,
  };
}
