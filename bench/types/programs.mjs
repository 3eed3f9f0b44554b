// Writes the programs whose type check is measured: a router of many procedures, and a client that calls some of them.

/** The procedures of one router. */
const PER_ROUTER = 20;

/** @param {number} procedures */
export function programs(procedures) {
  const routers = Array.from({ length: Math.ceil(procedures / PER_ROUTER) }, (_, index) => index);
  const tsconfig = JSON.stringify({
    compilerOptions: {
      target: "es2024",
      module: "esnext",
      moduleResolution: "bundler",
      strict: true,
      skipLibCheck: true,
      lib: ["esnext", "dom"],
      types: [],
    },
    include: ["."],
  });
  const withRouters = (files, builder) => ({
    "tsconfig.json": tsconfig,
    ...Object.fromEntries(routers.map((index) => [`routers/r${index}.ts`, routerText(index, builder)])),
    ...files,
  });
  const imports = routers.map((index) => `import { r${index} } from "./routers/r${index}.js";`).join("\n");
  const members = routers.map((index) => `r${index}`).join(", ");
  return [
    {
      name: "plain tRPC",
      files: withRouters(
        {
          "init.ts": `import { initTRPC } from "@trpc/server";
import superjson from "superjson";
export const t = initTRPC.context<{ readonly userId: string }>().create({ transformer: superjson });
`,
          "router.ts": `import { t } from "./init.js";
${imports}
export const appRouter = t.router({ ${members} });
export type AppRouter = typeof appRouter;
`,
          "client.ts": `import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "./router.js";
const client = createTRPCClient<AppRouter>({ links: [httpBatchStreamLink({ url: "/trpc", transformer: superjson })] });
${callsText(routers)}`,
        },
        "t.procedure",
      ),
    },
    {
      name: "trpc-userdo",
      files: withRouters(
        {
          "init.ts": `import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";
export const t = initUserDO({ tables: { user: { posts: table(z.object({ title: z.string() })) } } });
`,
          "router.ts": `import { t } from "./init.js";
${imports}
export const appRouter = t.router({ ...t.builtin, ${members} });
export type AppRouter = typeof appRouter;
`,
          "client.ts": `import { createClient } from "trpc-userdo/client";
import type { AppRouter } from "./router.js";
const client = createClient<AppRouter>();
${callsText(routers)}`,
        },
        "t.userProcedure",
      ),
      figures: { time: 1.1, cpu: 1.1 },
    },
  ];
}

function routerText(router, builder) {
  const procedures = Array.from({ length: PER_ROUTER }, (_, index) => {
    const type = index % 2 === 0 ? "query" : "mutation";
    const input = `z.object({ id: z.string(), title${index}: z.string().min(1), count: z.number().optional() })`;
    const output = `({ id: input.id, title: input.title${index}, router: ${router} as const, at: new Date() })`;
    return `  p${index}: ${builder}.input(${input}).${type}(({ input }) => ${output}),`;
  });
  return `import { z } from "zod";
import { t } from "../init.js";
export const r${router} = t.router({
${procedures.join("\n")}
});
`;
}

/** Calls four procedures of each router, and uses their outputs. */
function callsText(routers) {
  const calls = routers.flatMap((router) =>
    [0, 1, 2, 3].map((index) => {
      const method = index % 2 === 0 ? "query" : "mutate";
      const call = `await client.r${router}.p${index}.${method}({ id: "a", title${index}: "b" })`;
      return `export const at${router}x${index}: Date = (${call}).at;`;
    }),
  );
  return `${calls.join("\n")}\n`;
}
