import { defineConfig } from "musicfs";
import { originLocal } from "musicfs/plugins";
import { layoutFlat } from "../plugins/layout-flat.js";

/** All tracks of the example library in one folder. */
export default defineConfig({
  mountpoint: "../../mnt",
  plugins: [originLocal({ path: "../library" }), layoutFlat({ separator: " — " })],
});
