/** Collects the garbage of the isolate. The process needs V8's flag `--expose-gc`. */
export function collectGarbage(): Response {
  const { gc } = globalThis as { readonly gc?: () => void };
  gc?.();
  return new Response();
}
