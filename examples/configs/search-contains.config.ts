import { defineConfig } from "musicfs";
import { cacheLru, chunkerFastcdc, originLocal } from "musicfs/plugins";
import { searchContains } from "../plugins/search-contains.js";

/** One plugin of each kind that reading local music does not need. */
export default defineConfig({
  mountpoint: "../../mnt",
  plugins: [
    originLocal({ path: "../library" }),
    chunkerFastcdc({ min: "32 KiB", avg: "128 KiB", max: "512 KiB" }),
    cacheLru({ maxBytes: "2 GiB", maxAge: "30 d" }),
    searchContains(),
  ],
});
