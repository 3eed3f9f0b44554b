// Opens many sockets that receive one write.

/** Opens this many sockets, several at a time. */
export async function openAll({ open }, count) {
  const connections = [];
  while (connections.length < count) {
    const some = Math.min(50, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: some }, () => open()))));
  }
  return connections;
}

/** The message that creates a post in the app that is measured. @param {number} id @param {string} title */
export function createPost(id, title) {
  const params = { path: "posts.create", input: { json: { title, body: "" } } };
  return JSON.stringify({ id, method: "mutation", params });
}
