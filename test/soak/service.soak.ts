/** The service under the real systemd: what is simulated elsewhere (`test/mount/service.test.ts`) is seen whole here. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { BIN } from "../support/command-line.js";
import { until } from "../support/process.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";
import { type Booted, bootSystemd } from "./systemd/boot.js";

const CONFIG = "/etc/musicfs/musicfs.config.json";

const USER_STATE = "systemctl --user show -p MainPID -p ActiveState";
const STATE = "systemctl show -p MainPID -p ActiveState";

interface Service extends Booted {
  /** Runs a script that must succeed; gives what it wrote to stdout. */
  sh(script: string): Promise<string>;
  /** A property of the unit, as `systemctl show` names it. */
  show(property: string): Promise<string>;
  /** Waits until another process than `pid` serves. */
  restarted(pid: string): Promise<void>;
}

/** Boots, and installs the service as a user does. */
async function installService(t: TestContext, more = ""): Promise<Service> {
  const booted = await bootSystemd(t);
  const sh = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await booted.bash(`set -e\n${script}`);
    assert.equal(code, 0, `${script}\n${stdout}${stderr}`);
    return stdout;
  };
  const show = async (property: string): Promise<string> =>
    (await sh(`systemctl show --value -p ${property} musicfs`)).trim();
  await sh(`
    mkdir -p /etc/musicfs /mnt/music
    echo '{ "mountpoint": "/mnt/music", "plugins": [{ "origin-local": { "path": "${EXAMPLE_LIBRARY}" } }] }' >${CONFIG}
    ${BIN} service install --config ${CONFIG}
    ${more}
    systemctl daemon-reload
  `);
  const restarted = async (pid: string): Promise<void> => {
    await until("it serves again", async () => servesAnew(await sh(`${STATE} musicfs`), pid));
  };
  return { ...booted, sh, show, restarted };
}

// Both at one moment: a unit whose process is gone is active until systemd has noticed.
function servesAnew(state: string, pid: string): boolean {
  const now = /^MainPID=(\d+)$/m.exec(state)?.[1];
  return /^ActiveState=active$/m.test(state) && now !== undefined && now !== "0" && now !== pid;
}

test("it is installed, started, reloaded and stopped; the mount is seen by others, and leaves nothing", async (t) => {
  const { sh, show } = await installService(t);
  assert.match(
    await sh(`systemctl start musicfs && ${BIN} wait --scanned && ls /mnt/music`),
    /^The Quiet Turbines$/m,
  );
  await until("it says what it has", async () =>
    /^\d\d tracks at \/mnt\/music$/.test(await show("StatusText")),
  );
  assert.equal(await show("ControlGroup"), "/system.slice/musicfs.service");
  await sh(`sed -i 's/}$/, "log": { "level": "debug" } }/' ${CONFIG}; systemctl reload musicfs`);
  assert.equal(await show("ActiveState"), "active");
  assert.match(await sh(`${BIN} status`), /mounted at \/mnt\/music/);
  assert.match(await sh("journalctl -u musicfs -t musicfs -o cat"), /log\.level/);
  // The level of a message is the journal's priority, not text before it.
  assert.match(await sh("journalctl -u musicfs -p info..info -o cat"), /^mounted at \/mnt\/music/m);
  // A start returns with READY: at that moment the tree of the last run answers.
  assert.match(await sh("systemctl restart musicfs && ls /mnt/music"), /^The Quiet Turbines$/m);
  await sh("systemctl stop musicfs");
  assert.deepEqual(
    [await show("Result"), await show("ExecMainStatus"), await show("ActiveState")],
    ["success", "0", "inactive"],
  );
  assert.equal(await sh("ls -A /run/musicfs; grep /mnt/music /proc/self/mounts || true"), "");
  assert.doesNotMatch(await sh("journalctl -u musicfs -o cat"), /Ctrl-C|dead mount/);
});

test("a daemon that is killed is started again, over the dead mount that it left", async (t) => {
  const { sh, show, restarted } = await installService(t);
  await sh(`systemctl start musicfs && ${BIN} wait --scanned`);
  for (const restarts of ["1", "2"]) {
    const pid = await show("MainPID");
    await sh(`kill -KILL ${pid}`);
    await restarted(pid);
    assert.equal(await show("NRestarts"), restarts);
    assert.match(await sh("ls /mnt/music"), /^The Quiet Turbines$/m);
  }
  assert.equal((await sh("grep -c /mnt/music /proc/self/mounts")).trim(), "1");
});

test("a daemon that is stuck is ended by the watchdog and started again", async (t) => {
  const dropIn = "/etc/systemd/system/musicfs.service.d";
  const { sh, show, restarted } = await installService(
    t,
    `mkdir ${dropIn}; printf '[Service]\\nWatchdogSec=2\\n' >${dropIn}/soak.conf`,
  );
  await sh(`systemctl start musicfs && ${BIN} wait --scanned`);
  const pid = await show("MainPID");
  await sh("sleep 5");
  assert.equal(await show("MainPID"), pid, "it is left alone as long as it answers");
  await sh(`kill -STOP ${pid}`);
  await restarted(pid);
  assert.match(await sh("journalctl -o cat _PID=1 UNIT=musicfs.service"), /Watchdog timeout/);
  assert.match(await sh("ls /mnt/music"), /^The Quiet Turbines$/m);
});

test("a wrong config is told once, and is not tried again", async (t) => {
  const { sh, show, bash } = await installService(t);
  await sh(`sed -i 's/plugins/plugin/' ${CONFIG}`);
  assert.equal((await bash("systemctl start musicfs")).code, 1);
  await sh("sleep 3");
  assert.deepEqual(
    [await show("ActiveState"), await show("ExecMainStatus"), await show("NRestarts")],
    ["failed", "3", "0"],
  );
  const told = await sh("journalctl -u musicfs -p err -o cat");
  assert.match(told, /plugin: unknown key; did you mean 'plugins'\?/);
  assert.equal(told.match(/MFS_CONFIG_INVALID/g)?.length, 1);
});

test("a user's service mounts for a user without rights, by the user's own systemd", async (t) => {
  const { sh } = await installService(t);
  await sh(`
    mkdir -p /home/me/.config/musicfs /home/me/music /run/user/65534
    echo '{ "mountpoint": "~/music", "plugins": [{ "origin-local": { "path": "${EXAMPLE_LIBRARY}" } }] }' >/home/me/.config/musicfs/musicfs.config.json
    chown -R nobody:nogroup /home/me /run/user/65534
    chmod 700 /run/user/65534
    chmod 666 /dev/fuse
    cat >/etc/systemd/system/session.service <<EOF
[Service]
Type=notify
User=nobody
Delegate=yes
Environment=HOME=/home/me XDG_RUNTIME_DIR=/run/user/65534 SYSTEMD_UNIT_PATH=/home/me/.config/systemd/user:/usr/lib/systemd/user
ExecStart=/lib/systemd/systemd --user
EOF
    systemctl daemon-reload
    systemctl start session
  `);
  const as = (command: string): Promise<string> =>
    sh(
      `setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/home/me XDG_RUNTIME_DIR=/run/user/65534 bash -c '${command}'`,
    );
  await as(`${BIN} service install --user`);
  assert.match(
    await as(`systemctl --user start musicfs && ${BIN} wait --scanned && ls ~/music`),
    /^The Quiet Turbines$/m,
  );
  assert.match(await as(`${BIN} status`), /mounted at \/home\/me\/music/);
  const pid = (await as("systemctl --user show --value -p MainPID musicfs")).trim();
  await as(`kill -KILL ${pid}`);
  await until("it serves again", async () => servesAnew(await as(`${USER_STATE} musicfs`), pid));
  assert.match(await as("ls ~/music"), /^The Quiet Turbines$/m);
  await as("systemctl --user stop musicfs");
  assert.equal(await sh("grep /home/me/music /proc/self/mounts || true"), "");
});
