import { defineConfig } from "musicfs";
import { originLocal } from "musicfs/plugins";
import { changeLog } from "../plugins/change-log.js";

/** The library that MUSICFS_LIBRARY names, else the example, with a log of what is added to it. */
export default defineConfig(({ env }) => ({
  mountpoint: "../../mnt",
  plugins: [originLocal({ path: env.MUSICFS_LIBRARY ?? "../library" }), changeLog()],
}));
