import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { Project, t, Task } from "./trpc.ts";

const id = z.object({ id: z.string() });
const writesProjects = t.organizationProcedure.use(t.can("project:write"));
const writesTasks = t.organizationProcedure.use(t.can("task:write"));

/** The data that the members of an organization share. Callers add `organizationId` to each input. */
export const projectsRouter = t.router({
  list: t.organizationProcedure.query(({ ctx }) => ctx.tables.projects.orderBy("name").all()),

  create: writesProjects.input(Project).mutation(({ ctx, input }) => ctx.tables.projects.create({ name: input.name })),

  delete: writesProjects.input(id).mutation(({ ctx, input }) => {
    ctx.tables.tasks.deleteWhere((is) => is("projectId", "==", input.id));
    return ctx.tables.projects.delete(input.id);
  }),

  tasks: t.router({
    list: t.organizationProcedure
      .input(z.object({ projectId: z.string() }))
      .query(({ ctx, input }) =>
        ctx.tables.tasks.where("projectId", "==", input.projectId).orderBy("createdAt", "desc").all(),
      ),

    create: writesTasks
      .input(Task.pick({ title: true }).extend({ projectId: z.string() }))
      .mutation(({ ctx, input }) => {
        if (!ctx.tables.projects.findById(input.projectId)) {
          throw new TRPCError({ code: "NOT_FOUND", message: "This project was deleted." });
        }
        return ctx.tables.tasks.create({ title: input.title, projectId: input.projectId });
      }),

    setDone: writesTasks
      .input(id.extend({ done: z.boolean() }))
      .mutation(({ ctx, input }) => ctx.tables.tasks.update(input.id, { done: input.done })),

    delete: writesTasks.input(id).mutation(({ ctx, input }) => ctx.tables.tasks.delete(input.id)),
  }),
});
