/** What `import … from "musicfs/plugins"` gives: the plugins that come with MusicFS. */
export { cacheLru } from "./cache-lru/index.js";
export { cacheSieve } from "./cache-sieve/index.js";
export { chunkerFastcdc } from "./chunker-fastcdc/index.js";
export { layoutArtistAlbum } from "./layout-artist-album/index.js";
export { layoutOrigin } from "./layout-origin/index.js";
export { layoutTemplate } from "./layout-template/index.js";
export { mountFuse } from "./mount-fuse/index.js";
export { mountFuseNative } from "./mount-fuse-native/index.js";
export { notifyJellyfin } from "./notify-jellyfin/index.js";
export { notifyMpd } from "./notify-mpd/index.js";
export { notifyNavidrome } from "./notify-navidrome/index.js";
export { notifyPlex } from "./notify-plex/index.js";
export { originLocal } from "./origin-local/index.js";
export { originSftp } from "./origin-sftp/index.js";
export { searchSqlite } from "./search-sqlite/index.js";
export { searchTantivy } from "./search-tantivy/index.js";
export { webhook } from "./webhook/index.js";
