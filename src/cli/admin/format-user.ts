import type { ListedSession } from "../../shared/account.js";
import type { ListedDeadLetter, UserDetails } from "../../shared/operator.js";
import { formatFields, formatList, formatTable, formatTime } from "./format.js";

/** Returns the account, and tables of its sessions, organizations and dead letters. */
export function formatUser(shown: UserDetails): string {
  const { user, suspension, roles, permissions, sessions, organizations, deadLetters } = shown;
  const until = suspension?.until ? `until ${formatTime(suspension.until)}` : "without an end";
  const account = formatFields({
    id: user.id,
    email: user.email + (user.emailVerified ? "" : " (unverified)"),
    created: formatTime(user.createdAt),
    status: suspension ? `suspended since ${formatTime(suspension.at)}, ${until}` : shown.status,
    reason: suspension?.reason,
    roles: formatList(roles),
    permissions: formatList(permissions),
    storage: `${Math.ceil(shown.storageBytes / 1_000)} kB`,
    schema: `framework ${shown.schemaVersion}`,
  });
  return [
    account,
    section("Sessions", formatSessions(sessions)),
    section("Organizations", formatOrganizations(organizations)),
    section("Dead letters", formatDeadLetters(deadLetters)),
  ].join("\n\n");
}

function section(title: string, text: string): string {
  return `${title}\n${text}`;
}

function formatSessions(sessions: readonly ListedSession[]): string {
  return formatTable(
    sessions,
    [
      ["device", ({ name, device }) => name ?? device ?? "unknown"],
      ["created", ({ createdAt }) => formatTime(createdAt)],
      ["last seen", ({ lastSeenAt }) => formatTime(lastSeenAt)],
    ],
    "No sessions.",
  );
}

function formatOrganizations(organizations: UserDetails["organizations"]): string {
  return formatTable(
    organizations,
    [
      ["id", ({ id }) => id],
      ["name", ({ name }) => name],
      ["role", ({ role }) => role],
    ],
    "No organizations.",
  );
}

export function formatDeadLetters(deadLetters: readonly ListedDeadLetter[]): string {
  return formatTable(
    deadLetters,
    [
      ["id", ({ id }) => id],
      ["kind", ({ kind }) => kind],
      ["failed", ({ failedAt }) => formatTime(failedAt)],
      ["attempts", ({ attempts }) => String(attempts)],
      ["error", ({ error }) => error],
    ],
    "No dead letters.",
  );
}
