import type { OriginChecksum, OriginFile } from "musicfs";
import { sameETag } from "musicfs/http";

type Headers = Readonly<Record<string, unknown>>;

/** Checksums of S3 that are strong enough to prove something, the strongest first; the CRCs are not. */
const ALGORITHMS = [
  ["x-amz-checksum-sha256", "sha256", 32],
  ["x-amz-checksum-sha1", "sha1", 20],
] as const;

/**
 * What the answer to HEAD says that a whole object comes to. An ETag of 32 hex digits is its MD5 where it was uploaded in one
 * part, and not encrypted with keys of KMS or of one's own (Amazon S3 API, "Object").
 *
 * @returns `undefined` where it says nothing, or is about another version than `file`.
 */
export function checksumIn(headers: Headers, file: OriginFile): OriginChecksum | undefined {
  const { etag } = headers;
  if (typeof etag !== "string" || file.version === undefined || !sameETag(etag, file.version))
    return undefined;
  const isOfParts = headers["x-amz-checksum-type"] === "COMPOSITE";
  for (const [header, algorithm, length] of isOfParts ? [] : ALGORITHMS) {
    const text = headers[header];
    // That of an object in parts ends in "-" and their number.
    if (typeof text !== "string" || text.includes("-")) continue;
    const digest = Buffer.from(text, "base64");
    if (digest.length === length) return { algorithm, digest };
  }
  const [, digits] = /^"?([0-9a-f]{32})"?$/iu.exec(etag) ?? [];
  if (digits === undefined || isEncrypted(headers)) return undefined;
  return { algorithm: "md5", digest: Buffer.from(digits, "hex"), isVersion: true };
}

function isEncrypted(headers: Headers): boolean {
  const how = headers["x-amz-server-side-encryption"] ?? "AES256";
  return how !== "AES256" || headers["x-amz-server-side-encryption-customer-algorithm"] !== undefined;
}
