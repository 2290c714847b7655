import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { startApache } from "../../support/servers/apache.js";
import { S3RVER_KEYS, startS3Rver } from "../../support/servers/s3rver.js";
import { serverFolder } from "../../support/servers/server-process.js";
import { makeSshd } from "../../support/servers/sshd.js";
import type { RemoteServerName } from "../options.js";
import {
  mountByCommand,
  mountByProcess,
  mountMusicfs,
  mountRclone,
  type RemoteMount,
  type RemoteSubject,
} from "./subjects.js";

/** A server on loopback that has the library, and those that mount it. */
export interface RemoteServer {
  readonly title: string;
  readonly port: number;
  readonly ways: readonly RemoteSubject[];
  /** Lets those who check who the server is believe it at another port, too. */
  trust?(port: number): void;
  close(): Promise<void>;
}

/** Writes the library into a folder. */
type WriteLibrary = (folder: string) => void;

/** Starts each of them over a library of its own below `folder`, or where it keeps what it serves. */
export const REMOTE_SERVERS: Readonly<
  Record<RemoteServerName, (folder: string, write: WriteLibrary) => Promise<RemoteServer>>
> = { sftp: openSftp, webdav: openWebdav, s3: openS3 };

const BUCKET = "music";

async function openSftp(folder: string, write: WriteLibrary): Promise<RemoteServer> {
  const path = join(folder, "music");
  mkdirSync(path);
  write(path);
  const sshd = await makeSshd(join(folder, "sshd"));
  const { username, keyFile, knownHosts } = sshd;
  const host = "127.0.0.1";
  const of = (port: number) =>
    `:sftp,host=${host},port=${port},user=${username},key_file=${keyFile},known_hosts_file=${knownHosts},shell_type=none:${path}`;
  const sshfs = `ro,IdentityFile=${keyFile},UserKnownHostsFile=${knownHosts}`;
  return {
    title: "SFTP",
    port: sshd.port,
    trust: (port) => appendFileSync(knownHosts, `[${host}]:${port} ${sshd.hostKey}\n`),
    close: async () => {
      await sshd.kill();
      rmSync(path, { recursive: true });
    },
    ways: [
      { subject: "rclone", mount: (port, home) => mountRclone(of(port), home) },
      {
        subject: "sshfs",
        mount: (port, home) =>
          mountByProcess(home, "sshfs", (mountpoint) => [
            ...["-f", "-p", String(port), "-o", sshfs],
            `${username}@${host}:${path}`,
            mountpoint,
          ]),
      },
      {
        subject: "musicfs",
        mount: (port, home) =>
          mountMusicfs(
            { "origin-sftp": { host, port, username, privateKeyFile: keyFile, knownHosts, path } },
            home,
          ),
      },
    ],
  };
}

async function openWebdav(_folder: string, write: WriteLibrary): Promise<RemoteServer> {
  const apache = await startApache();
  write(apache.root);
  const at = (port: number): string => `http://127.0.0.1:${port}/music/`;
  return {
    title: "WebDAV",
    port: Number(new URL(apache.url).port),
    close: () => apache.close(),
    ways: [
      {
        subject: "rclone",
        mount: (port, home) => mountRclone(`:webdav,vendor=other,url='${at(port)}':`, home),
      },
      { subject: "davfs2", mount: (port, home) => mountDavfs(at(port), home) },
      {
        subject: "musicfs",
        mount: (port, home) => mountMusicfs({ "origin-webdav": { url: at(port) } }, home),
      },
    ],
  };
}

// It serves as a user of its own, who may not look into the benchmark's folder.
async function mountDavfs(url: string, home: string): Promise<RemoteMount> {
  const folder = serverFolder("cache");
  const [cache, conf, secrets] = [join(folder, "cache"), join(home, "conf"), join(home, "secrets")];
  chmodSync(cache, 0o777);
  const lines = ["ask_auth 0", "use_locks 0", `cache_dir ${cache}`, `secrets ${secrets}`];
  writeFileSync(conf, `${lines.join("\n")}\n`, { mode: 0o600 });
  writeFileSync(secrets, "", { mode: 0o600 });
  const mount = await mountByCommand(home, "mount.davfs", (mountpoint) => [
    ...["-o", `ro,uid=0,gid=0,conf=${conf}`],
    url,
    mountpoint,
  ]);
  return {
    ...mount,
    async stop() {
      await mount.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openS3(folder: string, write: WriteLibrary): Promise<RemoteServer> {
  const s3rver = await startS3Rver();
  const written = join(folder, "objects");
  mkdirSync(written);
  write(written);
  const names = readdirSync(written, { recursive: true, encoding: "utf8" });
  for (const key of names.filter((name) => name.endsWith(".flac")))
    s3rver.put(BUCKET, key, readFileSync(join(written, key)));
  rmSync(written, { recursive: true });
  const { accessKeyId, secretAccessKey } = S3RVER_KEYS;
  const passwords = join(folder, "s3fs-passwords");
  writeFileSync(passwords, `${accessKeyId}:${secretAccessKey}\n`, { mode: 0o600 });
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const of = (port: number) =>
    `:s3,provider=Other,access_key_id=${accessKeyId},secret_access_key=${secretAccessKey},endpoint='${at(port)}',force_path_style=true:${BUCKET}`;
  return {
    title: "S3",
    port: Number(new URL(s3rver.endpoint).port),
    close: () => s3rver.close(),
    ways: [
      { subject: "rclone", mount: (port, home) => mountRclone(of(port), home) },
      {
        subject: "s3fs",
        mount: (port, home) =>
          mountByProcess(home, "s3fs", (mountpoint) => [
            ...[BUCKET, mountpoint, "-f", "-o"],
            `ro,url=${at(port)},use_path_request_style,passwd_file=${passwords}`,
          ]),
      },
      {
        subject: "musicfs",
        mount: (port, home) =>
          mountMusicfs(
            { "origin-s3": { bucket: BUCKET, endpoint: at(port), accessKeyId, secretAccessKey } },
            home,
          ),
      },
    ],
  };
}
