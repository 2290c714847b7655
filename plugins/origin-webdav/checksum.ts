import type { OriginChecksum } from "musicfs";

/** What is taken, the strongest first, with its length in hex digits; ADLER32 proves nothing. */
const ALGORITHMS = [
  ["SHA256", "sha256", 64],
  ["SHA1", "sha1", 40],
  ["MD5", "md5", 32],
] as const;

/** Takes a checksum from what ownCloud and Nextcloud say of a file: `SHA1:… MD5:… ADLER32:…`. */
export function checksumIn(text: string | undefined): OriginChecksum | undefined {
  const said = new Map(
    (text ?? "").split(/\s+/u).map((entry) => {
      const [name = "", digits = ""] = entry.split(":");
      return [name.toUpperCase(), digits] as const;
    }),
  );
  for (const [name, algorithm, length] of ALGORITHMS) {
    const digits = said.get(name) ?? "";
    if (digits.length === length && /^[0-9a-f]+$/iu.test(digits))
      return { algorithm, digest: Buffer.from(digits, "hex") };
  }
  return undefined;
}
