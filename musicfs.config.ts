import { defineConfig } from "musicfs";
import { originLocal } from "musicfs/plugins";

/** What `npm start` mounts: the library that MUSICFS_LIBRARY names, else the tiny one in examples/. */
export default defineConfig(({ env }) => ({
  mountpoint: "./mnt",
  plugins: [originLocal({ path: env.MUSICFS_LIBRARY ?? "./examples/library" })],
}));
