/** What `import … from "musicfs/plugins"` gives: the plugins that come with MusicFS. */
export { cacheLru } from "./cache-lru/index.js";
export { chunkerFastcdc } from "./chunker-fastcdc/index.js";
export { layoutArtistAlbum } from "./layout-artist-album/index.js";
export { mountFuse } from "./mount-fuse/index.js";
export { mountFuseNative } from "./mount-fuse-native/index.js";
export { originLocal } from "./origin-local/index.js";
