import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { sendDatagram } from "../../../core/service/datagram.js";
import { findServiceManager } from "../../../core/service/service-manager.js";
import { receiveDatagrams } from "../../support/datagram-receiver.js";
import { silentLogger } from "../../support/loggers.js";
import { until } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const load = async () => sendDatagram;

test("systemd's protocol arrives at a real datagram socket, with a path and abstract", async (t) => {
  const folder = temporaryFolder(t);
  for (const path of [join(folder, "notify"), `@musicfs-test-${process.pid}`]) {
    const { received } = await receiveDatagrams(t, path);
    const manager = await findServiceManager({ NOTIFY_SOCKET: path }, silentLogger(), load);
    manager.ready("12 tracks\nREADY=0");
    manager.status("é");
    manager.reloading();
    manager.alive();
    manager.stopping();
    await until("all have come", () => received.length === 5);
    const [ready, status, reloading = "", ...rest] = received;
    assert.equal(ready, "READY=1\nSTATUS=12 tracks READY=0\n");
    assert.equal(status, "STATUS=é\n");
    const [, microseconds] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)\n$/.exec(reloading) ?? [];
    assert.ok(Math.abs(Number(microseconds) / 1e6 - Number(process.hrtime.bigint()) / 1e9) < 60);
    assert.deepEqual(rest, ["WATCHDOG=1\n", "STOPPING=1\nSTATUS=stopping\n"]);
  }
});

test("nothing is loaded and nothing is sent where nobody started it", async () => {
  const fail = async () => assert.fail("it was loaded");
  for (const path of [undefined, "", "relative", "/", "@", "vsock:2:1234"]) {
    const manager = await findServiceManager(
      { NOTIFY_SOCKET: path, WATCHDOG_USEC: "1000000" },
      silentLogger(),
      fail,
    );
    manager.ready("x");
    manager.stopping();
    assert.equal(manager.watchdogMs, undefined);
  }
});

test("a manager that is gone is told of once, and disturbs nobody", async (t) => {
  const warnings: string[] = [];
  const gone = join(temporaryFolder(t), "gone");
  const manager = await findServiceManager({ NOTIFY_SOCKET: gone }, silentLogger(warnings), load);
  manager.ready("x");
  manager.alive();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /sendto to .*gone: errno 2/);
  const path = `/${"x".repeat(200)}`;
  const long = await findServiceManager({ NOTIFY_SOCKET: path }, silentLogger(warnings), load);
  long.ready("x");
  assert.match(warnings[1] ?? "", /longer than 107 bytes/);
});

test("the watchdog is this process's own, and no child's", async () => {
  const watchdogMs = async (env: Record<string, string>): Promise<number | undefined> =>
    (await findServiceManager({ NOTIFY_SOCKET: "/x", ...env }, silentLogger(), load)).watchdogMs;
  assert.equal(await watchdogMs({ WATCHDOG_USEC: "60000000" }), 60_000);
  assert.equal(await watchdogMs({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: String(process.pid) }), 60_000);
  assert.equal(await watchdogMs({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "1" }), undefined);
  for (const wrong of ["", "0", "x", "-5"])
    assert.equal(await watchdogMs({ WATCHDOG_USEC: wrong }), undefined);
});
