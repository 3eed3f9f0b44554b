import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

export const Task = z.object({
  title: z.string().trim().min(1, "Say what there is to do.").max(200, "Use at most 200 characters."),
  done: z.boolean().default(false),
});

export const Project = z.object({
  name: z.string().trim().min(1, "A project needs a name.").max(80, "Use at most 80 characters."),
});

const Profile = z.object({
  name: z.string().trim().max(60, "Use at most 60 characters.").optional(),
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
  // The app's own fields of a user: `user.profile`.
  profile: Profile,
  // The errors that a form shows beside its fields. The client's types include it.
  errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, fields: fieldErrors(error.cause) } }),
});

function fieldErrors(cause: unknown): Record<string, string> {
  if (!(cause instanceof z.ZodError)) return {};
  return Object.fromEntries(cause.issues.map(({ path, message }) => [path.join("."), message]));
}
