import { defineConfig } from "musicfs";
import { originHttpManifest } from "../plugins/origin-http-manifest/index.js";

/** Music of a web server: the one that `serve-library.ts` starts, or the one that MUSIC_URL names. */
export default defineConfig(({ env }) => ({
  mountpoint: "../../mnt",
  plugins: [originHttpManifest({ url: env.MUSIC_URL ?? "http://127.0.0.1:8417/" })],
}));
