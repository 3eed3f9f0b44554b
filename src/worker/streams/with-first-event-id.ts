/**
 * Tells an event stream's client the id to come back with, before there was any event: an EventSource that is cut off
 * early would begin anew, and what was written meanwhile would be lost on it. As an event of a name that nobody listens
 * to, the way tRPC itself gives an id back: some EventSources overlook an id that comes with no event.
 */
export function withFirstEventId(response: Response, id: string): Response {
  if (!response.body || response.headers.get("content-type") !== "text/event-stream") return response;
  const first = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`event: restore-id\ndata: \nid: ${id}\n\n`)),
  });
  return new Response(response.body.pipeThrough(first), response);
}
