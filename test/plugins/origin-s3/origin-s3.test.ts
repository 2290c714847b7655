import { after, before, describe, test } from "node:test";
import { type OriginSubject, originContract, runContract, sampleFiles } from "musicfs/testing";
import { S3RVER_KEYS, type S3Rver, startS3Rver } from "../../support/servers/s3rver.js";
import { openS3 } from "./open-s3.js";

/** s3rver keeps an object as a file whose name is longer than the key's. */
const LONGEST_NAME = 240;

describe("origin-s3 keeps the contract of an origin with s3rver", () => {
  let server: S3Rver;
  before(async () => {
    server = await startS3Rver();
  });
  after(() => server.close());
  runContract(originContract, () => subject(server), { test });
});

let subjects = 0;

async function subject(server: S3Rver): Promise<OriginSubject> {
  subjects += 1;
  const bucket = `subject-${subjects}`;
  const open = (name: string) =>
    openS3({ bucket: name, prefix: "Music", endpoint: server.endpoint, ...S3RVER_KEYS });
  const expected = sampleFiles().filter(({ path }) =>
    path.split("/").every((name) => Buffer.byteLength(name) <= LONGEST_NAME),
  );
  for (const { path, bytes } of expected) server.put(bucket, `Music/${path}`, bytes);
  server.put(bucket, "Other/not ours.mp3", Buffer.from("x"));
  server.put(bucket, "Music", Buffer.from("x"));
  return {
    origin: await open(bucket),
    expected,
    replace: async (path, bytes) => server.put(bucket, `Music/${path}`, bytes),
    remove: async (path) => server.remove(bucket, `Music/${path}`),
    openMissing: () => open("no-such-bucket"),
    openWith: async (files) => {
      for (const { path, bytes } of files) server.put(`${bucket}-more`, `Music/${path}`, bytes);
      return open(`${bucket}-more`);
    },
    // For each page, s3rver walks through all that it has.
    manyFiles: 2_500,
    freeze: () => server.freeze(),
    close: () => {
      server.removeBucket(bucket);
      server.removeBucket(`${bucket}-more`);
    },
  };
}
