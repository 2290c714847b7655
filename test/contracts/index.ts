/** What `import … from "musicfs/testing"` gives: the contracts that plugins keep, to run on one's own. */
export { type CachePolicyCase, type CachePolicySubject, cachePolicyContract } from "./cache-policy.js";
export { type ChunkerCase, type ChunkerSubject, chunkerContract } from "./chunker.js";
export {
  type ContractCase,
  type ContractSubject,
  type MakeSubject,
  type RunContractOptions,
  runCase,
  runContract,
} from "./contract.js";
export { hostileQueries } from "./hostile-queries.js";
export { hostileTrack, ordinaryTrack } from "./hostile-tracks.js";
export { type LayoutCase, type LayoutSubject, layoutContract } from "./layout.js";
export { type MountDriverCase, type MountDriverSubject, mountDriverContract } from "./mount-driver.js";
export { originContract } from "./origin.js";
export type { OriginCase, OriginSubject } from "./origin-subject.js";
export { createRandom, type Random } from "./random.js";
export { manyFiles, type SampleFile, sampleFiles, writeSampleTree } from "./sample-tree.js";
export { scanResistanceContract } from "./scan-resistance.js";
export { type SearchCase, type SearchSubject, searchContract } from "./search.js";
export { type SampleTrack, SearchLibrary } from "./search-library.js";
export { type SetUpOptions, type SetUpPlugin, setUpPlugin } from "./set-up-plugin.js";
