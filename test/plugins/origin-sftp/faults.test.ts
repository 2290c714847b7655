import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Origin, OriginError, type OriginErrorKind, type OriginFile } from "musicfs";
import { createRandom } from "musicfs/testing";
import { listAll } from "../../contracts/origin-subject.js";
import { FaultProxy } from "../../support/fault-proxy.js";
import { until, within } from "../../support/process.js";
import { openSshd, type Sshd } from "../../support/servers/sshd.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { openWith, optionsFor, type SftpOptions } from "./open.js";

const MIB = 2 ** 20;
const noAbort = new AbortController().signal;

interface Served {
  readonly sshd: Sshd;
  readonly proxy: FaultProxy;
  readonly folder: string;
  readonly origin: Origin;
  readonly options: SftpOptions;
  readonly content: Buffer;
  file(): Promise<OriginFile>;
}

/** A file of 8 MiB on a real server, behind a proxy. */
async function serve(t: TestContext, more: Partial<SftpOptions> = {}): Promise<Served> {
  const base = temporaryFolder(t);
  const folder = join(base, "music");
  mkdirSync(folder);
  const content = Buffer.from(createRandom(1).bytes(8 * MIB));
  writeFileSync(join(folder, "a.flac"), content);
  const sshd = await openSshd(t, join(base, "keys"));
  const proxy = await FaultProxy.open({ port: sshd.port });
  t.after(() => proxy.close());
  writeFileSync(join(base, "known_hosts"), `[127.0.0.1]:${proxy.port} ${sshd.hostKey}\n`);
  const options = {
    ...optionsFor(sshd, folder),
    port: proxy.port,
    knownHosts: join(base, "known_hosts"),
    idleTimeout: 1_000,
    ...more,
  };
  const origin = await openWith(options);
  t.after(() => origin.close?.());
  const file = async (): Promise<OriginFile> => {
    const found = await origin.stat("a.flac", noAbort);
    assert.ok(found);
    return found;
  };
  return { sshd, proxy, folder, origin, options, content, file };
}

async function rejectsAs(kind: OriginErrorKind, work: Promise<unknown>, pattern = /./u): Promise<void> {
  await assert.rejects(within(`the error '${kind}'`, work, 20_000), (error) => {
    assert.ok(error instanceof OriginError, `${error}`);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, pattern);
    return true;
  });
}

test("a server that is killed in the midst of a read is an error, and the next read has a connection of its own", async (t) => {
  const { sshd, proxy, origin, content, file } = await serve(t);
  const listed = await file();
  proxy.set({ mode: "drip", bytesPerSecond: 400_000 });
  const reading = origin.read(listed, 0, content.length, noAbort);
  reading.catch(() => undefined);
  const before = proxy.counts.bytesDown;
  while (proxy.counts.bytesDown < before + 200_000) await new Promise((resolve) => setTimeout(resolve, 10));
  await sshd.kill();
  await rejectsAs("unavailable", reading);
  await rejectsAs("unavailable", origin.read(listed, 0, 10, noAbort), /can't be reached/u);
  proxy.set({ mode: "ok" });
  await sshd.start();
  assert.ok(content.equals(await origin.read(listed, 0, content.length, noAbort)));
});

test("a connection that is reset, cut or hangs is an error in time, and is replaced", async (t) => {
  const { proxy, origin, content, file } = await serve(t);
  const listed = await file();
  for (const fault of [{ mode: "reset" }, { mode: "cut", afterBytes: MIB }, { mode: "hang" }] as const) {
    proxy.set(fault);
    const before = proxy.counts.faults;
    await rejectsAs("unavailable", readAll(origin, listed));
    assert.ok(proxy.counts.faults > before, `${fault.mode} did nothing`);
    proxy.set({ mode: "ok" }, { kill: true });
    assert.ok(content.equals(await readAll(origin, listed)), fault.mode);
  }
});

test("bytes that only drip are no answer, and hold up no other connection", async (t) => {
  const { proxy, origin, file } = await serve(t);
  const listed = await file();
  proxy.set({ mode: "drip", bytesPerSecond: 1_000 });
  await rejectsAs("unavailable", readAll(origin, listed), /no answer for 1 s/u);
  assert.ok(proxy.counts.faults > 0);
});

test("a bit that flips on the way breaks the connection, never the bytes", async (t) => {
  const { proxy, origin, content, file } = await serve(t);
  const listed = await file();
  proxy.set({ mode: "flip", atByte: 2 * MIB });
  const faults = proxy.counts.faults;
  await rejectsAs("unavailable", readAll(origin, listed));
  assert.ok(proxy.counts.faults > faults);
  proxy.set({ mode: "ok" });
  assert.ok(content.equals(await readAll(origin, listed)));
});

test("an abort is heard at once, while the server hangs", async (t) => {
  const { proxy, origin, file } = await serve(t, { idleTimeout: 60_000 });
  const listed = await file();
  proxy.set({ mode: "hang" });
  const controller = new AbortController();
  const reason = new Error("enough");
  const reading = origin.read(listed, 0, MIB, controller.signal);
  controller.abort(reason);
  await assert.rejects(within("the abort", reading, 1_000), (error) => error === reason);
});

test("a file that is truncated, grown, written over or replaced in the midst of reads is 'changed', never a mix", async (t) => {
  const { folder, origin, content, file } = await serve(t);
  const path = join(folder, "a.flac");
  const other = Buffer.from(createRandom(2).bytes(content.length));
  let seconds = 1_000_000;
  const changes: readonly (() => void)[] = [
    () => truncateSync(path, MIB),
    () => writeFileSync(path, Buffer.concat([content, other])),
    () => writeFileSync(path, other),
    () => {
      rmSync(path);
      writeFileSync(path, other);
    },
  ];
  for (const change of changes) {
    writeFileSync(path, content);
    utimesSync(path, ++seconds, seconds);
    const listed = await file();
    assert.ok(content.subarray(0, MIB).equals(await origin.read(listed, 0, MIB, noAbort)));
    change();
    const late = await origin.read(listed, 2 * MIB, MIB, noAbort).catch((error: unknown) => error);
    // What is replaced by another file stays readable where it was open: then it is all of the old version.
    if (late instanceof Uint8Array) assert.ok(content.subarray(2 * MIB, 3 * MIB).equals(late));
    else assert.ok(late instanceof OriginError && late.kind === "changed", `${late}`);
  }
});

test("a server with another key, or one that is not known, is refused; the error has both fingerprints and what to type", async (t) => {
  const { sshd, options, origin, file } = await serve(t);
  const listed = await file();
  const known = fingerprintIn(sshd);
  await sshd.kill();
  sshd.changeHostKey();
  await sshd.start();
  const shown = fingerprintIn(sshd);
  await rejectsAs("untrusted", origin.read(listed, 0, 1, noAbort), /ssh-keygen -R .* && ssh-keyscan -p/u);
  const error = await origin.read(listed, 0, 1, noAbort).catch((thrown: Error) => thrown);
  assert.ok(error instanceof Error && error.message.includes(known) && error.message.includes(shown));

  const stranger = await openWith({ ...options, id: "stranger", knownHosts: "/dev/null" });
  t.after(() => stranger.close?.());
  await rejectsAs("untrusted", listAll(stranger), /nothing is known of it in .*ssh-keyscan -p/u);
  const pinned = await openWith({ ...options, id: "pinned", hostFingerprint: known });
  t.after(() => pinned.close?.());
  await rejectsAs("untrusted", listAll(pinned), /hostFingerprint is/u);
  const right = await openWith({ ...options, id: "right", hostFingerprint: shown, knownHosts: "/dev/null" });
  t.after(() => right.close?.());
  assert.equal((await listAll(right)).length, 1);
  // Nobody logged in but with the key that was known then, and with the one that is pinned now.
  assert.equal(sshd.log.split("Accepted publickey").length - 1, 2);
});

test("a key that is no longer let in is 'refused', asked once for all who wait, and known again without a restart", async (t) => {
  const { sshd, proxy, origin, file } = await serve(t);
  const listed = await file();
  sshd.setAuthorized(false);
  proxy.killConnections();
  const { connections } = proxy.counts;
  const reads = Array.from({ length: 50 }, () => origin.read(listed, 0, 10, noAbort));
  for (const { status, reason } of (await Promise.allSettled(reads)) as PromiseRejectedResult[]) {
    assert.equal(status, "rejected");
    assert.ok(reason instanceof OriginError);
    assert.ok(["refused", "unavailable"].includes(reason.kind), reason.message);
  }
  await rejectsAs("refused", origin.read(listed, 0, 10, noAbort), /does not let .* in/u);
  assert.ok(proxy.counts.connections - connections <= 3, `${proxy.counts.connections - connections} logins`);
  sshd.setAuthorized(true);
  assert.equal((await origin.read(listed, 0, 10, noAbort)).length, 10);
});

test("an error is never a deletion: neither an unreadable folder nor a lost connection ends a listing well", async (t) => {
  const { proxy, origin, folder } = await serve(t);
  mkdirSync(join(folder, "more"));
  writeFileSync(join(folder, "more", "b.flac"), "b");
  assert.equal((await listAll(origin)).length, 2);
  proxy.set({ mode: "hang" });
  await rejectsAs("unavailable", listAll(origin));
  await rejectsAs("unavailable", origin.stat("gone.flac", noAbort));
  proxy.set({ mode: "ok" }, { kill: true });
  assert.equal((await listAll(origin)).length, 2);
});

test("links are followed out of the root only where that is asked for, and never in circles", async (t) => {
  const { origin, folder, options } = await serve(t);
  const outside = temporaryFolder(t);
  writeFileSync(join(outside, "far.mp3"), "far");
  mkdirSync(join(folder, "inside"));
  symlinkSync(outside, join(folder, "elsewhere"));
  symlinkSync(folder, join(folder, "inside", "circle"));
  symlinkSync("/", join(folder, "inside", "all"));
  symlinkSync(outside, join(folder, "inside", "again"));
  symlinkSync(join(outside, "far.mp3"), join(folder, "near.mp3"));
  const paths = async (one: Origin): Promise<string[]> => (await listAll(one)).map(({ path }) => path).sort();
  assert.deepEqual(await paths(origin), ["a.flac"]);
  const through = { path: "elsewhere/far.mp3", sizeBytes: 3, mtimeMs: 0 };
  assert.equal(await origin.stat(through.path, noAbort), undefined);
  await rejectsAs("missing", origin.read(through, 0, 3, noAbort));
  rmSync(join(folder, "inside", "all"));
  const following = await openWith({ ...options, id: "following", followSymlinks: true });
  t.after(() => following.close?.());
  const [first, far, near, ...rest] = await paths(following);
  assert.deepEqual([first, near, rest], ["a.flac", "near.mp3", []]);
  assert.ok(far === "elsewhere/far.mp3" || far === "inside/again/far.mp3", far);
});

test("names that are not UTF-8 are listed, looked at and read by their bytes", async (t) => {
  const { origin, folder } = await serve(t);
  const name = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9), Buffer.from(".mp3")]);
  writeFileSync(name, "latin-1");
  const listed = (await listAll(origin)).find(({ path }) => path.startsWith("caf"));
  assert.ok(listed);
  assert.deepEqual(await origin.stat(listed.path, noAbort), listed);
  assert.equal(Buffer.from(await origin.read(listed, 0, 7, noAbort)).toString(), "latin-1");
});

test("who reads much does not hold up who reads little: another connection is made", async (t) => {
  const { proxy, origin, content, file } = await serve(t, { connections: 2 });
  const listed = await file();
  await Promise.all(Array.from({ length: 8 }, () => origin.read(listed, 0, content.length, noAbort)));
  const long = Array.from({ length: 8 }, () => origin.read(listed, 0, content.length, noAbort));
  await until("there is a second connection", () => proxy.counts.live === 2);
  assert.equal((await origin.read(listed, 0, 100, noAbort)).length, 100);
  await Promise.all(long);
  assert.equal(proxy.counts.connections, 2);
});

function readAll(origin: Origin, file: OriginFile): Promise<Uint8Array> {
  return origin.read(file, 0, file.sizeBytes, noAbort);
}

// As `ssh-keygen -l` computes it.
function fingerprintIn({ hostKey }: Sshd): string {
  const key = Buffer.from(hostKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace("=", "")}`;
}
