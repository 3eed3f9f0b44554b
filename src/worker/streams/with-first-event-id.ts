/**
 * Starts an event stream with an id to resume from. Otherwise an EventSource whose connection is lost before the first event
 * would start again, and miss what was written in between. The id comes with an event that has a name of its own, as tRPC
 * itself sends ids, because some EventSources ignore an id without an event.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function withFirstEventId(response: Response, id: string): Response {
  if (!response.body || response.headers.get("content-type") !== "text/event-stream") return response;
  const first = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`event: restore-id\ndata: \nid: ${id}\n\n`)),
  });
  return new Response(response.body.pipeThrough(first), response);
}
