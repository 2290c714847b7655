import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { OriginError } from "musicfs";
import { hostName, isAbout, type KnownHost, parseKnownHosts } from "./known-hosts.js";

/** How the server is known. */
export interface HostTrust {
  readonly host: string;
  readonly port: number;
  /** `SHA256:` and the hash in base64, as `ssh-keygen -l` shows it; then no file is looked at. */
  readonly hostFingerprint: string | undefined;
  /** Files in the format of known_hosts; the first is the one that a person is told to add to. */
  readonly knownHosts: readonly [string, ...string[]];
}

/** What is expected of the server's key, read anew for each connection. */
export interface ExpectedKeys {
  /** Types of the keys that are known, so that the server shows one of these. Empty: any. */
  readonly keyTypes: readonly string[];
  /** @throws OriginError `untrusted`, with both fingerprints and what to type. */
  check(key: Buffer): void;
}

/** @throws OriginError `untrusted` when nothing is known of the server: then it need not even be asked. */
export async function loadExpectedKeys(trust: HostTrust): Promise<ExpectedKeys> {
  const { hostFingerprint } = trust;
  if (hostFingerprint !== undefined) {
    return { keyTypes: [], check: (key) => checkFingerprint(trust, hostFingerprint, key) };
  }
  const name = hostName(trust.host, trust.port);
  const files = await Promise.all(trust.knownHosts.map(readKnownHosts));
  const lines = files.flat().filter((line) => isAbout(line, name));
  const keyTypes = [...new Set(lines.filter(({ isRevoked }) => !isRevoked).map(({ keyType }) => keyType))];
  return { keyTypes, check: (key) => checkKnown(trust, name, lines, key) };
}

/** As `ssh-keygen -l` shows a key. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/u, "")}`;
}

async function readKnownHosts(file: string): Promise<KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, "latin1"), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new OriginError("untrusted", `the known hosts can't be read: ${(error as Error).message}`);
  }
}

function checkFingerprint({ host, port }: HostTrust, expected: string, key: Buffer): void {
  const found = fingerprintOf(key);
  if (found === expected.replace(/=+$/u, "")) return;
  throw new OriginError(
    "untrusted",
    `${host}:${port} shows the ${typeOf(key)} key ${found}, but hostFingerprint is ${expected}: it may be ` +
      "another machine. If its key was changed on purpose, compare it there by " +
      "'for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done', and set hostFingerprint to it.",
  );
}

function checkKnown(trust: HostTrust, name: string, lines: readonly KnownHost[], key: Buffer): void {
  const { host, port, knownHosts } = trust;
  const shown = `${host}:${port} shows the ${typeOf(key)} key ${fingerprintOf(key)}`;
  const same = lines.filter((line) => line.key.equals(key));
  const revoked = same.find(({ isRevoked }) => isRevoked);
  if (revoked) throw new OriginError("untrusted", `${shown}, which is revoked in ${revoked.place}`);
  if (same.length > 0) return;
  const add = `ssh-keyscan -p ${port} ${host} >> ${knownHosts[0]}`;
  const [known] = lines.filter(({ isRevoked }) => !isRevoked);
  if (!known) {
    throw new OriginError(
      "untrusted",
      `${shown}, and nothing is known of it in ${knownHosts.join(" and ")}. Compare it on that machine by ` +
        `'ssh-keygen -lf /etc/ssh/ssh_host_${shortType(key)}_key.pub', and type: ${add} ` +
        `(or set hostFingerprint: "${fingerprintOf(key)}")`,
    );
  }
  throw new OriginError(
    "untrusted",
    `${shown}, but ${known.place} has ${fingerprintOf(known.key)} for it: it may be another machine. ` +
      `If its key was changed on purpose, type: ssh-keygen -R '${name}' -f ${fileOf(known)} && ${add}`,
  );
}

function fileOf({ place }: KnownHost): string {
  return place.slice(0, place.lastIndexOf(":"));
}

// A key begins with the length and the name of its type (RFC 4253, 6.6).
function typeOf(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  const type = key.toString("latin1", 4, 4 + Math.min(length, 64));
  return /^[\w@.-]+$/u.test(type) ? type : "unknown";
}

function shortType(key: Buffer): string {
  const type = typeOf(key);
  return type.startsWith("ecdsa") ? "ecdsa" : type.replace(/^ssh-/u, "");
}
