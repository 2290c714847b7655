import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { formatUnit, type UnitOptions, unitName } from "../../../core/service/unit.js";
import { run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const EXAMPLES = fileURLToPath(new URL("../../../../examples/systemd/", import.meta.url));
const SYSTEM: UnitOptions = {
  isUser: false,
  node: "/usr/bin/node",
  bin: "/usr/lib/node_modules/musicfs/dist/core/cli/bin.js",
  configFile: "/etc/musicfs/musicfs.config.ts",
  name: "default",
  flags: [],
};
const USER: UnitOptions = {
  ...SYSTEM,
  isUser: true,
  configFile: "/home/me/.config/musicfs/musicfs.config.ts",
};

test("the units in the examples are those that are installed", () => {
  assert.equal(readFileSync(join(EXAMPLES, "musicfs.service"), "utf8"), formatUnit(SYSTEM));
  assert.equal(readFileSync(join(EXAMPLES, "user", "musicfs.service"), "utf8"), formatUnit(USER));
});

test("no setting gives the unit a mount namespace, where nobody else would see the mount", () => {
  // systemd.exec(5): each of these implies one.
  const hiding =
    /^(?:Private(?!Users)\w+|Protect\w+|\w+Paths|TemporaryFileSystem|Bind\w+|Mount\w+|Root\w+|DynamicUser)=/m;
  for (const unit of [SYSTEM, USER]) assert.doesNotMatch(formatUnit(unit), hiding);
  // A user's fusermount3 must become root.
  assert.doesNotMatch(
    formatUnit(USER),
    /^(?:NoNewPrivileges|Restrict[A-Z]\w+es|SystemCall\w+|Capability\w+)=/m,
  );
});

test("systemd takes the units", async (t) => {
  if ((await run(["sh", "-c", "command -v systemd-analyze"])).code !== 0) return t.skip("no systemd-analyze");
  const folder = temporaryFolder(t);
  for (const options of [SYSTEM, USER]) {
    const configFile = join(folder, `$artist - $title %h %% \\ 'x' "y".ts`);
    const unit = join(folder, unitName(options.isUser ? "user" : "default"));
    writeFileSync(unit, formatUnit({ ...options, node: "/bin/true", configFile, flags: ["--name", "a b"] }));
    const { code, stderr } = await run(["systemd-analyze", "verify", "--man=no", unit], {
      env: { ...process.env, SYSTEMD_LOG_LEVEL: "warning" },
    });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /musicfs[\w-]*\.service:\d+/);
  }
});

test("an instance has a unit of its own name", () => {
  assert.deepEqual([unitName("default"), unitName("den")], ["musicfs.service", "musicfs-den.service"]);
  assert.match(formatUnit({ ...SYSTEM, name: "den" }), /^Description=.* \(den\)$/m);
});

test("what systemd would expand is written so that it stays", () => {
  const path = ["/m/$artist $", '{x} 100%n "q" \\.ts'].join("");
  const line = formatUnit({ ...SYSTEM, configFile: path })
    .split("\n")
    .find((text) => text.startsWith("ExecStart="));
  const expected = ['"/m/$$artist $$', '{x} 100%%n \\"q\\" \\\\.ts"'].join("");
  assert.ok(line?.endsWith(` start --config ${expected}`), line);
});
