import { randomUUID } from "node:crypto";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import { run } from "../process.js";
import type { S3Keys } from "./s3-writer.js";
import { type ServerProcess, serverFolder, startServer } from "./server-process.js";

const USER = "music";

export interface Radosgw extends ServerProcess {
  readonly endpoint: string;
  /** Lets the user in with these keys, too. */
  addKeys(keys: S3Keys): Promise<void>;
  /** Lets the user in with these keys no longer. */
  removeKeys(keys: S3Keys): Promise<void>;
  close(): Promise<void>;
}

/** Ceph's S3 server over a cluster of one in memory: it checks signatures and conditions. Comes up in some 15 seconds. */
export async function startRadosgw(keys: S3Keys): Promise<Radosgw> {
  const folder = serverFolder("mon", "osd", "mgr", "rgw");
  const [monitor, gateway, cluster] = [await freePort(), await freePort(), randomUUID()];
  const conf = join(folder, "ceph.conf");
  writeFileSync(conf, configuration(folder, cluster, monitor, gateway));
  const must = async (command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
    const { code, stdout, stderr } = await run(command, {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
    });
    if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  const ceph = (...args: readonly string[]) => must(["ceph", "-c", conf, "--connect-timeout", "30", ...args]);
  const daemons: ServerProcess[] = [];
  const start = async (name: string, args: readonly string[], port?: number): Promise<ServerProcess> => {
    const options = { command: [name, "-c", conf, ...args, "-f"] as [string, ...string[]] };
    const daemon = await startServer(
      { ...options, ...(port === undefined ? {} : { port }) },
      join(folder, `${name}.log`),
    );
    daemons.unshift(daemon);
    return daemon;
  };
  // The storage before the monitor, without which it does not end.
  const close = async (): Promise<void> => {
    for (const daemon of daemons) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await makeKeyrings(must);
    await must([
      "monmaptool",
      "--create",
      "--addv",
      "a",
      `[v2:127.0.0.1:${monitor}/0]`,
      "--fsid",
      cluster,
      "monmap",
    ]);
    await must([
      "ceph-mon",
      "-c",
      conf,
      "--mkfs",
      "-i",
      "a",
      "--monmap",
      "monmap",
      "--keyring",
      "mon.keyring",
    ]);
    copyFileSync(join(folder, "mon.keyring"), join(folder, "mon", "keyring"));
    await start("ceph-mon", ["-i", "a"], monitor);
    await ceph(
      "auth",
      "get-or-create",
      "mgr.x",
      "mon",
      "allow profile mgr",
      "osd",
      "allow *",
      "-o",
      `${folder}/mgr/keyring`,
    );
    await start("ceph-mgr", ["-i", "x", "--keyring", `${folder}/mgr/keyring`]);
    await startStorage(folder, conf, must, ceph, start);
    await ceph(
      "auth",
      "get-or-create",
      "client.rgw.a",
      "mon",
      "allow rwx",
      "osd",
      "allow rwx",
      "-o",
      `${folder}/rgw.keyring`,
    );
    const server = await start("radosgw", ["-n", "client.rgw.a"], gateway);
    const admin = (...args: readonly string[]) =>
      must(["radosgw-admin", "-c", conf, ...args, `--uid=${USER}`]);
    const id = ({ accessKeyId }: S3Keys): string => `--access-key=${accessKeyId}`;
    const secretOf = ({ secretAccessKey }: S3Keys): string => `--secret-key=${secretAccessKey}`;
    await admin("user", "create", "--display-name=music", id(keys), secretOf(keys));
    return {
      ...server,
      endpoint: `http://127.0.0.1:${gateway}`,
      addKeys: async (more) => void (await admin("key", "create", "--key-type=s3", id(more), secretOf(more))),
      removeKeys: async (less) => void (await admin("key", "rm", "--key-type=s3", id(less))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Must = (command: readonly string[]) => Promise<string>;

async function makeKeyrings(must: Must): Promise<void> {
  const everything = ["--cap", "mon", "allow *"];
  const make = (file: string, name: string, caps: readonly string[]) =>
    must(["ceph-authtool", "--create-keyring", file, "--gen-key", "-n", name, ...caps]);
  await make("mon.keyring", "mon.", everything);
  await make("admin.keyring", "client.admin", [
    ...everything,
    "--cap",
    "osd",
    "allow *",
    "--cap",
    "mgr",
    "allow *",
  ]);
  await must(["ceph-authtool", "mon.keyring", "--import-keyring", "admin.keyring"]);
}

async function startStorage(
  folder: string,
  conf: string,
  must: Must,
  ceph: (...args: readonly string[]) => Promise<string>,
  start: (name: string, args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const uuid = randomUUID();
  const key = await must(["ceph-authtool", "--gen-print-key"]);
  const secretFile = join(folder, "osd.json");
  writeFileSync(secretFile, JSON.stringify({ cephx_secret: key }));
  await ceph("osd", "new", uuid, "-i", secretFile);
  const keyring = join(folder, "osd", "keyring");
  await must(["ceph-authtool", "--create-keyring", keyring, "-n", "osd.0", "--add-key", key]);
  await must(["ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", uuid, "--keyring", keyring]);
  await start("ceph-osd", ["-i", "0", "--keyring", keyring]);
}

function configuration(folder: string, cluster: string, monitor: number, gateway: number): string {
  return `[global]
fsid = ${cluster}
mon host = [v2:127.0.0.1:${monitor}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 2000
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
run dir = ${folder}
pid file =
admin socket = ${folder}/$name.asok
keyring = ${folder}/$name.keyring
log file = ${folder}/$name.log
mon cluster log file = ${folder}/cluster.log
mon data = ${folder}/mon
osd data = ${folder}/osd
mgr data = ${folder}/mgr
[client]
keyring = ${folder}/admin.keyring
rgw data = ${folder}/rgw
[client.rgw.a]
keyring = ${folder}/rgw.keyring
rgw frontends = beast endpoint=127.0.0.1:${gateway}
`;
}
