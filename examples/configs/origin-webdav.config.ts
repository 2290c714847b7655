import { defineConfig } from "musicfs";
import { originWebdav } from "musicfs/plugins";

/** Music of a WebDAV server, such as Nextcloud; its password stands in the environment, and not here. */
export default defineConfig(({ env }) => ({
  mountpoint: "../../mnt",
  plugins: [
    originWebdav({
      url: env.MUSIC_URL ?? "https://cloud.example.org/remote.php/dav/files/nora/Music",
      username: env.MUSIC_USER ?? "nora",
      password: { env: "MUSIC_PASSWORD" },
      pollInterval: "10 min",
    }),
  ],
}));
