import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setUpPlugin } from "musicfs/testing";
import { notifyMpd } from "../../plugins/notify-mpd/index.js";
import { updateMpd } from "../../plugins/notify-mpd/mpd.js";
import { silentLogger } from "../support/loggers.js";
import { run, until, within } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";

const NOTHING = { added: [], changed: [], removed: [] };
const PASSWORD = "only for updates";
const SONG = "Marrow & Finch/Salt Lanterns";

interface Mpd {
  readonly socket: string;
  /** What stands for the mount, below MPD's music directory. */
  readonly mount: string;
  /** The database's songs, below the mount. */
  songs(): Promise<string[]>;
}

async function startMpd(t: TestContext): Promise<Mpd> {
  const folder = temporaryFolder(t);
  const mount = join(folder, "music", "on mount");
  const socket = join(folder, "socket");
  mkdirSync(mount, { recursive: true });
  writeFileSync(
    join(folder, "mpd.conf"),
    `music_directory "${folder}/music"
db_file "${folder}/database"
bind_to_address "${socket}"
password "${PASSWORD}@read,add,control,admin"
default_permissions "read"
audio_output {
  type "null"
  name "none"
}
`,
  );
  const mpd = spawn("mpd", ["--no-daemon", "--stderr", join(folder, "mpd.conf")], { stdio: "ignore" });
  const ended = new Promise((resolve) => mpd.once("close", resolve));
  t.after(async () => {
    mpd.kill();
    await ended;
  });
  await until("mpd listens", () => existsSync(socket));
  return {
    socket,
    mount,
    async songs() {
      const { stdout } = await run(["mpc", "--host", socket, "listall"]);
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.replace("on mount/", ""));
    },
  };
}

test("MPD knows what came and forgets what went, with its real server", async (t) => {
  const mpd = await startMpd(t);
  const warnings: string[] = [];
  const plugin = await setUpPlugin(
    notifyMpd({ host: mpd.socket, password: PASSWORD, directory: "on mount", quiet: 20 }),
    { log: silentLogger(warnings) },
  );
  t.after(() => plugin.close());
  await plugin.hooks.mounted.call({ mountpoint: mpd.mount });
  assert.deepEqual(await mpd.songs(), []);

  const artist = 'A "quoted" \\ artist';
  cpSync(join(EXAMPLE_LIBRARY, SONG), join(mpd.mount, artist, "Album"), { recursive: true });
  cpSync(join(EXAMPLE_LIBRARY, SONG), join(mpd.mount, "Untold", "Album"), { recursive: true });
  await plugin.hooks.libraryChanged.call({ ...NOTHING, added: [`/${artist}/Album/01.flac`] });
  await until("MPD has the artist", async () => (await mpd.songs()).length > 0);
  const songs = await mpd.songs();
  assert.ok(
    songs.every((song) => song.startsWith(`${artist}/Album/`)),
    songs.join("\n"),
  );

  rmSync(join(mpd.mount, artist), { recursive: true });
  await plugin.hooks.libraryChanged.call({ ...NOTHING, removed: [`/${artist}/Album/01.flac`] });
  await until("MPD has forgotten it", async () => (await mpd.songs()).length === 0);

  // More folders than MPD takes at once, or a track at the root: everything.
  await plugin.hooks.libraryChanged.call({ ...NOTHING, added: ["/at the root.mp3"] });
  await until("MPD has found the other", async () =>
    (await mpd.songs()).some((song) => song.startsWith("Untold/")),
  );
  assert.deepEqual(warnings, []);
});

test("what MPD refuses is said, and tried again", async (t) => {
  const mpd = await startMpd(t);
  const warnings: string[] = [];
  const plugin = await setUpPlugin(notifyMpd({ host: mpd.socket, password: "wrong one", quiet: 0 }), {
    log: silentLogger(warnings),
  });
  t.after(() => plugin.close());
  await plugin.hooks.mounted.call({ mountpoint: mpd.mount });
  await plugin.hooks.libraryChanged.call({ ...NOTHING, added: ["/a/b.mp3"] });
  await until("it was refused twice", () => warnings.length === 2);
  assert.match(warnings[0] ?? "", /MPD refused 'password': .*incorrect password; trying again in \d s/);
});

test("a server that is not MPD, hangs up, or never ends a line is an error", async (t) => {
  const greetings = ["HTTP/1.1 400 Bad Request\r\n", "OK MPD 0.23.5\n", "x".repeat(100_000)];
  const server = createServer((socket) => {
    socket.on("error", () => undefined).end(greetings.shift() ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const login = {
    address: { host: "127.0.0.1", port: (server.address() as { port: number }).port },
    password: undefined,
  };
  const { signal } = new AbortController();
  for (const problem of [
    /who answers is not MPD/,
    /closed the connection before it answered 'update'/,
    /has no end/,
  ]) {
    await assert.rejects(within("the update", updateMpd(login, [""], signal)), problem);
  }
  await assert.rejects(
    updateMpd({ ...login, address: { path: "/nonexistent/socket" } }, [""], signal),
    /ENOENT/,
  );
});
