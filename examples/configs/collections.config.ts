import { defineConfig, mostPlayed, query, recentlyAdded, recentlyPlayed } from "musicfs";
import { originLocal } from "musicfs/plugins";
import { collectionList } from "../plugins/collection-list.js";
import { searchContains } from "../plugins/search-contains.js";

/** Folders of tracks that are chosen by time, by plays, by a query and by a list; and a folder for every search. */
export default defineConfig({
  mountpoint: "../../mnt",
  searchFolders: { limit: 20, keep: "10 min" },
  collections: {
    "Recently Added": recentlyAdded({ days: 30, limit: 10 }),
    "Recently Played": recentlyPlayed(),
    "Most Played": mostPlayed({ limit: 50 }),
    "The 2010s": query("year:[2010 TO 2019]"),
  },
  plugins: [
    originLocal({ path: "../library", id: "music" }),
    collectionList({ name: "For the Road", file: "for-the-road.txt", origin: "music" }),
    searchContains(),
  ],
});
