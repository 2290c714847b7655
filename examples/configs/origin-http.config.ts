import { defineConfig } from "musicfs";
import { originHttp } from "musicfs/plugins";

/** Music in a folder of a web server that lists its folders. */
export default defineConfig(({ env }) => ({
  mountpoint: "../../mnt",
  plugins: [originHttp({ url: env.MUSIC_URL ?? "https://archive.example.org/music", pollInterval: "1 h" })],
}));
