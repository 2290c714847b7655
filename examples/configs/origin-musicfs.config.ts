import { defineConfig } from "musicfs";
import { cacheLru, originMusicfs } from "musicfs/plugins";

/**
 * The library of the machine at home, on a laptop: all of it is shown, what is played is kept, and stays playable on the
 * road. At home `control: { tcp: { host: "0.0.0.0", port: 7171, allowedHosts, token, tls } }` stands in the config.
 */
export default defineConfig(({ env }) => ({
  mountpoint: "../../mnt",
  plugins: [
    originMusicfs({
      url: env.MUSIC_URL ?? "https://music.example.org:7171",
      token: { env: "MUSIC_TOKEN" },
    }),
    cacheLru({ maxBytes: "50 GiB" }),
  ],
}));
