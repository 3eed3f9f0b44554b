import { servicesOf } from "../services.js";

/**
 * Returns a copy of a context with the additions of `next({ ctx })`. In an object, getters stay getters: reading them would read
 * rows, and would make the result of a live query depend on the caller. Elsewhere, the context is copied as tRPC does.
 */
export function extendContext(ctx: object, added: object): object {
  if (!servicesOf(ctx)) return { ...ctx, ...added };
  const copy: Record<PropertyKey, unknown> = {};
  copyProperties(copy, ctx);
  for (const key of Reflect.ownKeys(added)) {
    const property = Object.getOwnPropertyDescriptor(added, key);
    if (property?.enumerable) Object.defineProperty(copy, key, unfreeze(property));
  }
  return copy;
}

function copyProperties(copy: Record<PropertyKey, unknown>, from: object): void {
  for (const key of Reflect.ownKeys(from)) {
    const property = Object.getOwnPropertyDescriptor(from, key);
    // Assigning is much faster than defining a property.
    if (property?.enumerable && !property.get && key !== "__proto__") copy[key] = property.value;
    else if (property) Object.defineProperty(copy, key, unfreeze(property));
  }
}

/** As in tRPC's copy, each property can be changed, even if it is one of a frozen object. Changes the descriptor. */
function unfreeze(property: PropertyDescriptor): PropertyDescriptor {
  property.configurable = true;
  if (!property.get && !property.set) property.writable = true;
  return property;
}
