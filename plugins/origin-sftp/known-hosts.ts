import { createHmac, timingSafeEqual } from "node:crypto";

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost {
  /** Patterns as they stand in the line, or one hashed name. */
  readonly patterns: readonly string[];
  /** Keys with this mark must never be taken. */
  readonly isRevoked: boolean;
  readonly keyType: string;
  readonly key: Buffer;
  /** `file:line`, for people. */
  readonly place: string;
}

/** Longest line that is looked at, in characters; a key of 16,384 bits takes 2,800. */
const MAX_LINE = 16_384;

/** The lines that name keys. Certificate authorities are left out: no certificate of a host is taken. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split("\n").flatMap((line, index) => parseLine(line, `${file}:${index + 1}`) ?? []);
}

/** Names under which a host stands in known_hosts: as ssh(1) writes it, with its port where that is another than 22. */
export function hostName(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

/** Whether a line is about this host. */
export function isAbout({ patterns }: KnownHost, name: string): boolean {
  let isMatch = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (matches(pattern.slice(1), name)) return false;
    } else if (matches(pattern, name)) isMatch = true;
  }
  return isMatch;
}

function parseLine(line: string, place: string): KnownHost | undefined {
  if (line.length > MAX_LINE) return undefined;
  const words = line.trim().split(/[ \t]+/u);
  const mark = words[0]?.startsWith("@") ? words.shift() : undefined;
  const [hosts, keyType, base64] = words;
  if (!hosts || hosts.startsWith("#") || !keyType || !base64) return undefined;
  if (mark !== undefined && mark !== "@revoked") return undefined;
  const key = Buffer.from(base64, "base64");
  if (key.length === 0) return undefined;
  return { patterns: hosts.split(","), isRevoked: mark === "@revoked", keyType, key, place };
}

function matches(pattern: string, name: string): boolean {
  if (pattern.startsWith("|1|")) return matchesHashed(pattern, name);
  return matchesWildcards(pattern.toLowerCase(), name);
}

// `|1|salt|hash`: HMAC-SHA1 of the name, keyed with the salt.
function matchesHashed(pattern: string, name: string): boolean {
  const [, , salt = "", hash = ""] = pattern.split("|");
  const expected = Buffer.from(hash, "base64");
  const found = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === found.length && timingSafeEqual(expected, found);
}

// Not by a regular expression, which a pattern of many stars would keep busy for hours.
function matchesWildcards(pattern: string, name: string): boolean {
  let [at, inName, star, resume] = [0, 0, -1, 0];
  while (inName < name.length) {
    if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[inName]) && pattern[at] !== "*") {
      at++;
      inName++;
    } else if (pattern[at] === "*") {
      star = at++;
      resume = inName;
    } else if (star >= 0) {
      at = star + 1;
      inName = ++resume;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
