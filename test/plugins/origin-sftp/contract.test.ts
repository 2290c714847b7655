import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type OriginSubject, originContract, runContract, writeSampleTree } from "musicfs/testing";
import { openRcloneSftp } from "../../support/servers/rclone.js";
import { makeSshd, type Sshd } from "../../support/servers/sshd.js";
import { openWith, optionsFor, type SftpOptions } from "./open.js";

/** In memory where there is such a place: the kit's long listing is of 20,000 files. */
const BASE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const keys = mkdtempSync(join(tmpdir(), "musicfs-test-"));
let sshd: Sshd;

before(async () => {
  sshd = await makeSshd(keys);
});
after(async () => {
  await sshd.kill();
  rmSync(keys, { recursive: true, force: true });
});

describe("origin-sftp keeps the contract of an origin, with OpenSSH's server", () => {
  runContract(originContract, () => makeSubject((path) => optionsFor(sshd, path)), { test });
});

describe("origin-sftp keeps the contract of an origin, with rclone's server", () => {
  runContract(originContract, makeRcloneSubject, {
    test,
    exceptions: {
      "what is told of the disk's capacity makes sense": "rclone says that it can tell, and then refuses",
    },
  });
});

async function makeRcloneSubject(): Promise<OriginSubject> {
  const base = mkdtempSync(join(BASE, "musicfs-test-"));
  const server = await openRcloneSftp(base);
  const { host, port, username, password, hostFingerprint } = server;
  const subject = await makeSubject(
    (path) => ({ host, port, username, password, hostFingerprint, path: path.slice(base.length) }),
    base,
  );
  // rclone shows another character where a name has a line break.
  const isOdd = ({ path }: { readonly path: string }): boolean => path.includes("\n");
  for (const { path } of subject.expected.filter(isOdd)) await subject.remove(path);
  return {
    ...subject,
    expected: subject.expected.filter((file) => !isOdd(file)),
    async close() {
      await subject.close?.();
      await server.close();
    },
  };
}

async function makeSubject(
  optionsOf: (path: string) => SftpOptions,
  base = mkdtempSync(join(BASE, "musicfs-test-")),
): Promise<OriginSubject> {
  const root = join(base, "music");
  const expected = writeSampleTree(root);
  const origin = await openWith(optionsOf(root));
  let changes = 0;
  return {
    origin,
    expected,
    async replace(path, bytes) {
      writeFileSync(join(root, path), bytes);
      // SFTP tells whole seconds.
      const seconds = Math.floor(Date.now() / 1000) + ++changes;
      utimesSync(join(root, path), seconds, seconds);
    },
    remove: (path) => rm(join(root, path)),
    openMissing: () => openWith(optionsOf(join(base, "not there"))),
    async openWith(files) {
      for (const { path, bytes } of files) {
        const full = join(base, "more", path);
        mkdirSync(dirname(full), { recursive: true });
        writeFileSync(full, bytes);
      }
      return openWith(optionsOf(join(base, "more")));
    },
    async close() {
      await origin.close?.();
      rmSync(base, { recursive: true, force: true });
    },
  };
}
