import type { ShownCollection } from "../../collections/collections.js";
import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";

export function collectionMethods({
  collections,
}: ControlContext): Pick<Methods, "listCollections" | "addCollection" | "removeCollection"> {
  return {
    listCollections: () => ({ collections: collections.list().map(messageOf) }),
    addCollection: async ({ name, query, replace }) => ({
      collection: messageOf(await collections.add(name, query, replace)),
    }),
    removeCollection: ({ name }) => ({ collection: messageOf(collections.remove(name)) }),
  };
}

function messageOf({ isSaved, ...collection }: ShownCollection) {
  return { ...collection, saved: isSaved };
}
