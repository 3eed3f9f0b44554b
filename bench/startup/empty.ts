// The baseline: a Worker without a Durable Object. It costs what the runtime itself needs to start.
export default { fetch: () => new Response("hello") } satisfies ExportedHandler;
