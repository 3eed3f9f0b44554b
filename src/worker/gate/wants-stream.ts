/** Whether a batch is to be answered as a stream, each call as soon as it is done. */
export function wantsStream(headers: Headers): boolean {
  const accept = headers.get("trpc-accept") ?? headers.get("accept") ?? "";
  return accept.split(",").some((type) => type.trim() === "application/jsonl");
}
