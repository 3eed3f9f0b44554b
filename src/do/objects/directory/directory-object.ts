import { wrongObject } from "../../../router/wrong-object.js";
import type { ObjectEnvironment, ObjectHandler } from "../object-handler.js";

/** Creates the handler of a part of the directory, which has no procedures of the app. */
export function createDirectoryObject({ address }: ObjectEnvironment): ObjectHandler {
  return {
    authorize() {
      throw wrongObject();
    },
    context: () => ({}),
    services: ({ setSession }) => ({ address, atomic: (work) => work(), setSession }),
  };
}
