import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";

export function viewMethods({ catalogue, instance, library }: ControlContext): Pick<Methods, "listViews"> {
  return {
    async listViews(_, { signal }) {
      const views = [];
      for (const { root, number } of library.views) {
        const { names, collisions } = await catalogue.tree.countNames(number, signal);
        const layout = instance.layouts.get(root)?.plugins.find(({ identity }) => isLayout(root, identity));
        views.push({ path: root, layout: layout?.name ?? "", tracks: names, collisions });
      }
      return { views };
    },
  };

  function isLayout(root: string, identity: string): boolean {
    return instance.layouts.get(root)?.placeTrack.plugins.includes(identity) ?? false;
  }
}
