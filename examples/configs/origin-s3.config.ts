import { defineConfig } from "musicfs";
import { originS3 } from "musicfs/plugins";

/** Music in a bucket; the keys are those that the tools of AWS use, or stand in the environment. */
export default defineConfig(({ env }) => ({
  mountpoint: "../../mnt",
  plugins: [
    originS3({
      bucket: env.MUSIC_BUCKET ?? "nora-music",
      prefix: "Lossless",
      region: "eu-north-1",
      // For a server of one's own: MinIO, Garage, Ceph.
      ...(env.MUSIC_ENDPOINT ? { endpoint: env.MUSIC_ENDPOINT } : {}),
    }),
  ],
}));
