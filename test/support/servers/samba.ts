import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import { type ServerProcess, serverFolder, startServer } from "./server-process.js";

export interface Samba extends ServerProcess {
  readonly port: number;
  /** The folder that is shared, as `music`. */
  readonly root: string;
  readonly user: { readonly name: string; readonly password: string };
  /** Ends it, and removes what it shared. */
  close(): Promise<void>;
}

/** Samba's smbd on loopback, with one share for the user of this process. */
export async function startSamba(): Promise<Samba> {
  const folder = serverFolder("music", "private", "state");
  const [port, root, file] = [await freePort(), join(folder, "music"), join(folder, "smb.conf")];
  const user = { name: userInfo().username, password: "s3cr3t-CANARY" };
  const conf = `
    [global]
    server role = standalone server
    interfaces = lo
    bind interfaces only = yes
    smb ports = ${port}
    private dir = ${folder}/private
    lock directory = ${folder}/state
    state directory = ${folder}/state
    cache directory = ${folder}/state
    pid directory = ${folder}/state
    ncalrpc dir = ${folder}/state
    log file = ${folder}/log
    disable spoolss = yes
    load printers = no
    [music]
    path = ${root}
    read only = yes
    valid users = ${user.name}
    mangled names = no`;
  writeFileSync(file, conf.replace(/^ +/gmu, ""));
  execFileSync("smbpasswd", ["-c", file, "-s", "-a", user.name], {
    input: `${user.password}\n${user.password}\n`,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const server = await startServer(
    { command: ["smbd", "--foreground", "--no-process-group", `--configfile=${file}`], port },
    join(folder, "log"),
  );
  return {
    ...server,
    port,
    root,
    user,
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
