import { changeCases } from "./origin-changes.js";
import { listingCases } from "./origin-listing.js";
import { readingCases } from "./origin-reading.js";
import { remoteCases } from "./origin-remote.js";
import type { OriginCase } from "./origin-subject.js";

/** The contract of an origin: what `list`, `stat`, `read`, `watch`, `probe`, `local` and `capacity` promise. */
export const originContract: readonly OriginCase[] = [
  ...listingCases,
  ...changeCases,
  ...readingCases,
  ...remoteCases,
];
