import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeMp3 } from "../support/audio-writer.js";
import { withInstance } from "../support/mount.js";
import { until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const TRACKS = 4_000;

for (const engine of ["searchTantivy", "searchSqlite"]) {
  test(`${engine}: an index whose daemon was killed while it was made becomes whole after the next start`, async (t) => {
    const library = temporaryFolder(t);
    for (let track = 0; track < TRACKS; track += 1) {
      const bytes = writeMp3(
        { title: `Tune${track}`, artists: ["Nora Vale"], album: "All" },
        { durationMs: 30 },
      );
      writeFileSync(join(library, `${track}.mp3`), bytes);
    }
    const imports = [`import { ${engine} } from "musicfs/plugins";`];
    await withInstance(
      { driver: "mount-fuse", library, imports, plugins: [`${engine}()`], scanWorkers: 1 },
      async (instance) => {
        const first = await instance.start();
        await until("a part of the library is in the index", async () => {
          const { tracks } = (await instance.status()).search ?? { tracks: 0 };
          assert.ok(tracks < TRACKS, "the index was made too quickly to be killed");
          return tracks > 0;
        });
        await first.kill();

        const second = await instance.start();
        await second.scanned();
        await until("all of the library is in the index", async () => {
          const { search } = await instance.status();
          return search?.state === "ready" && search.tracks === TRACKS;
        });
        for (const title of ["tune0", `tune${TRACKS - 1}`]) {
          const names = await readdir(join(instance.mountpoint, ".search", title));
          assert.deepEqual(names, [`001 Nora Vale - ${title.replace("t", "T")}.mp3`]);
        }
        assert.equal((await second.stop()).code, 0);
      },
    );
  });
}
