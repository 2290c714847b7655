import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { freePort } from "../free-port.js";
import { type ServerProcess, serverFolder, startServer } from "./server-process.js";

const BIN = join(dirname(createRequire(import.meta.url).resolve("s3rver/package.json")), "bin", "s3rver.js");

/** What s3rver lets in. */
export const S3RVER_KEYS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" } as const;

export interface S3Rver extends ServerProcess {
  readonly endpoint: string;
  /** Puts an object into a bucket, which is made where it is not there. @param etag 32 hex digits. @default its MD5 */
  put(bucket: string, key: string, bytes: Uint8Array, etag?: string): void;
  remove(bucket: string, key: string): void;
  removeBucket(bucket: string): void;
  close(): Promise<void>;
}

/**
 * s3rver in a process of its own. It checks neither signatures nor `If-Match`, and its names are 15 bytes shorter than a disk's;
 * objects are written where it keeps them, which takes no time.
 */
export async function startS3Rver(): Promise<S3Rver> {
  const folder = serverFolder();
  const port = await freePort();
  const at = (bucket: string, key: string, suffix: string): string =>
    `${join(folder, bucket, key)}._S3rver_${suffix}`;
  const server = await startServer(
    {
      command: [
        process.execPath,
        "--openssl-legacy-provider",
        BIN,
        "-d",
        folder,
        "-a",
        "127.0.0.1",
        "-p",
        String(port),
        "--silent",
      ],
      port,
    },
    join(folder, "log"),
  );
  return {
    ...server,
    endpoint: `http://127.0.0.1:${port}`,
    put(bucket, key, bytes, etag = createHash("md5").update(bytes).digest("hex")) {
      const path = at(bucket, key, "object");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
      writeFileSync(at(bucket, key, "object.md5"), etag);
    },
    remove(bucket, key) {
      for (const suffix of ["object", "object.md5", "metadata.json"])
        rmSync(at(bucket, key, suffix), { force: true });
    },
    removeBucket: (bucket) => rmSync(join(folder, bucket), { recursive: true, force: true }),
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
