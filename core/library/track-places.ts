import type { TrackPath, TrackPlaces } from "../model/track.js";

/** The paths that a layout answered with, be it one, several or none. Empty paths are left out. */
export function pathsOf(places: TrackPlaces | undefined): readonly TrackPath[] {
  if (!places) return [];
  const paths = isOnePath(places) ? [places] : places;
  return paths.filter((path) => path.length > 0);
}

function isOnePath(places: TrackPlaces): places is TrackPath {
  return typeof places[0] === "string";
}
