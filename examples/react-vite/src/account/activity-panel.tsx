import { useInfiniteQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";
import { ActionButton } from "../action-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { Panel } from "./panel.tsx";
import { describeMoment } from "./times.ts";

type Entry = inferRouterOutputs<AppRouter>["account"]["audit"]["list"]["items"][number];

/** The text of each audit event. */
const words: Readonly<Record<Entry["action"], string>> = {
  signup: "Signed up",
  login: "Signed in",
  logout: "Signed out",
  "session.revoke": "Signed out a device",
  "session.reuse": "A copied session was used, and ended",
  "password.change": "Changed the password",
  "password.confirm": "Entered the password again",
  "password.resetRequest": "Asked for a new password by mail",
  "password.reset": "Chose a new password by mail",
  "password.lookUp": "Looked the password up among breached ones",
  "device.confirmRequest": "Asked for a link that confirms a browser",
  "device.confirm": "Confirmed a browser by mail",
  "email.verify": "Confirmed the email address",
  "email.changeRequest": "Asked to change the email address",
  "email.change": "Changed the email address",
  "email.reject": "New address rejected",
  "profile.update": "Changed the profile",
  "account.delete": "Deleted the account",
  "account.export": "Downloaded the data",
  "operator.suspend": "An administrator suspended the account",
  "operator.unsuspend": "An administrator ended the suspension",
  "operator.revokeSessions": "An administrator signed out all devices",
  "operator.sendPasswordReset": "An administrator had a link for a new password mailed",
  "operator.resendVerification": "An administrator had the confirmation link mailed again",
  "operator.export": "An administrator downloaded the data",
  "operator.retryDeadLetter": "An administrator had a message sent again",
  "operator.restore": "An administrator restored earlier data",
  "account.create": "An administrator created the account",
  "session.create": "Signed in with another service",
  "suspension.end": "The suspension ended",
};

export function ActivityPanel() {
  const trpc = useTRPC();
  const log = useInfiniteQuery(
    trpc.account.audit.list.infiniteQueryOptions({ limit: 8 }, { getNextPageParam: ({ nextCursor }) => nextCursor }),
  );
  const entries = log.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <Panel title="Activity" intro="What happened to your account, the newest first.">
      <ErrorMessage className="alert panel-part" error={log.error} />
      <ol className="rows" aria-label="Activity">
        {entries.map(({ id, at, action, outcome }) => (
          <li className="row" key={id}>
            <p className="row-words row-title">
              {words[action]}
              {outcome === "failed" && <span className="badge">Failed</span>}
            </p>
            <time className="row-detail" dateTime={at.toISOString()}>
              {describeMoment(at)}
            </time>
          </li>
        ))}
      </ol>
      {log.hasNextPage && (
        <div className="panel-actions">
          <ActionButton
            className="button-quiet"
            isDisabled={log.isFetchingNextPage}
            onClick={() => void log.fetchNextPage()}
          >
            Show older
          </ActionButton>
        </div>
      )}
    </Panel>
  );
}
