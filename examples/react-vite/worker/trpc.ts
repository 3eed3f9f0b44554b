import { initUserDO, table, type ErrorReason } from "trpc-userdo/router";
import { errorReason } from "trpc-userdo/worker";
import { z } from "zod";

export const Task = z.object({
  title: z.string().trim().min(1).max(200),
  done: z.boolean().default(false),
});

export const Project = z.object({
  name: z.string().trim().min(1).max(80),
});

const Profile = z.object({
  name: z.string().trim().max(60).optional(),
});

export const t = initUserDO({
  tables: {
    // Stored in each user's own Durable Object.
    user: { tasks: table(Task) },
    // Stored in each organization's, for all of its members.
    organization: {
      projects: table(Project),
      tasks: table(Task.extend({ projectId: z.string() }), { indexes: ["projectId"] }),
    },
  },
  // Sorted from the highest: each role has the permissions of those below it, and an owner has all.
  roles: {
    admin: ["member:manage", "organization:update", "project:write"],
    member: ["task:write"],
    guest: [],
  },
  // Roles in the whole app, for the pages at /admin. "superadmin" is built in, and has all permissions.
  appRoles: {
    support: ["user:read", "user:session", "user:mail", "role:read", "audit:read"],
  },
  // The app's own fields of a user: `user.profile`.
  profile: Profile,
  // The errors that a form shows beside its fields. The client's types include it.
  errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, fields: fieldProblems(error.cause) } }),
});

/** A reason of the framework, or the code of zod's issue. */
export type FieldReason = ErrorReason | z.core.$ZodIssue["code"];

/** Why a field of a form is rejected, for the page to say in its own words. */
export interface FieldProblem {
  readonly reason: FieldReason;
  /** The largest length that the field may have, if it is too long. */
  readonly limit?: number;
}

function fieldProblems(cause: unknown): Record<string, FieldProblem> {
  if (!(cause instanceof z.ZodError)) return {};
  return Object.fromEntries(cause.issues.map((issue) => [issue.path.join("."), fieldProblem(issue)]));
}

function fieldProblem(issue: z.core.$ZodIssue): FieldProblem {
  if (issue.code === "too_big") return { reason: issue.code, limit: Number(issue.maximum) };
  const reason = issue.code === "custom" ? errorReason({ data: issue.params }) : undefined;
  return { reason: reason ?? issue.code };
}
