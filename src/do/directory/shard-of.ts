/** Returns the shard of the directory that has the entry of an id. The result never changes, because entries are stored by it. */
export function shardOf(id: string, shards: number): number {
  return hashId(id) % shards;
}

/** FNV-1a with a final mix, which spreads ids that differ only in their last characters. */
export function hashId(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
