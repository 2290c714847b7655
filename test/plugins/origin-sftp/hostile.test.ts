import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { OriginError } from "musicfs";
import { FolderCursor } from "../../../plugins/origin-sftp/folder-cursor.js";
import { readRange } from "../../../plugins/origin-sftp/read.js";
import type { Session } from "../../../plugins/origin-sftp/session.js";
import { SftpChannel } from "../../../plugins/origin-sftp/wire/channel.js";
import { ANSWER, REQUEST } from "../../../plugins/origin-sftp/wire/protocol.js";
import { within } from "../../support/process.js";

/** Bytes that a server answers a request with, as they go over the wire; none: it keeps silent. */
type Answering = (type: number, id: number, body: Buffer) => Buffer | undefined;

const CONTENT = Buffer.from("what is in the file");
const FILE = { path: "a.flac", sizeBytes: CONTENT.length, mtimeMs: 5_000 };
const noAbort = new AbortController().signal;

/** A session with a server that answers as `lie` says, and otherwise as it should. */
async function connect(lie: Answering, idleMs = 5_000): Promise<Session> {
  const channel = await SftpChannel.open(serve(lie), idleMs);
  const handle = Buffer.from("h");
  const use = async <T>(_: unknown, read: (handle: Buffer) => Promise<T>): Promise<T> => read(handle);
  return { channel, files: { use }, locate: (path: string) => Buffer.from(`/${path}`) } as unknown as Session;
}

function serve(lie: Answering): Duplex {
  const stream = new Duplex({
    read() {},
    write(written: Buffer, _, done) {
      // Several requests may come in one piece.
      for (let rest = written; rest.length > 0; rest = rest.subarray(4 + rest.readUInt32BE(0))) {
        const packet = rest.subarray(0, 4 + rest.readUInt32BE(0));
        const [type, id, body] = [packet[4] as number, packet.readUInt32BE(5), packet.subarray(9)];
        const answer = lie(type, id, body) ?? honest(type, id, body);
        // A few bytes at a time, as a network may.
        for (let at = 0; at < answer.length; at += 7) stream.push(answer.subarray(at, at + 7));
      }
      done();
    },
  });
  return stream;
}

function honest(type: number, id: number, body: Buffer): Buffer {
  if (type === REQUEST.init) return packet(ANSWER.version, 3);
  if (type === REQUEST.fstat) return packet(ANSWER.attrs, id, attributes(CONTENT.length, 5));
  if (type === REQUEST.opendir) return packet(ANSWER.handle, id, text("h"));
  if (type !== REQUEST.read) return packet(ANSWER.status, id, uint32(1), text("end"), text(""));
  const offset = Number(body.readBigUInt64BE(5));
  return packet(ANSWER.data, id, text(CONTENT.subarray(offset, offset + body.readUInt32BE(13))));
}

const LIES: Readonly<Record<string, Answering>> = {
  "more bytes than were asked for": onRead((id) => packet(ANSWER.data, id, text("x".repeat(100)))),
  "no bytes": onRead((id) => packet(ANSWER.data, id, text(""))),
  "a length beyond the packet": onRead((id) => packet(ANSWER.data, id, uint32(1000), Buffer.from("abc"))),
  "a length of 4 GiB": onRead((id) => packet(ANSWER.data, id, uint32(0xffffffff))),
  "bytes behind the bytes": onRead((id) => packet(ANSWER.data, id, text("abc"), Buffer.from("more"))),
  "an answer of another kind": onRead((id) => packet(ANSWER.handle, id, text("h"))),
  "an answer to nothing": onRead((id) => packet(ANSWER.data, id + 77, text("abc"))),
  "an end before the end": onRead((id) => packet(ANSWER.status, id, uint32(1), text(""), text(""))),
  "success in place of bytes": onRead((id) => packet(ANSWER.status, id, uint32(0), text(""), text(""))),
  "a status without a number": onRead((id) => packet(ANSWER.status, id)),
  "a packet of 2 GiB": onRead(() => uint32(0x7fffffff)),
  "a packet of no bytes": onRead(() => uint32(0)),
  "a packet that ends in its head": onRead(() => Buffer.concat([uint32(2), Buffer.of(103, 0)])),
  "what is no SFTP": onRead(() => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")),
  "attributes that end too early": (type, id) =>
    type === REQUEST.fstat ? packet(ANSWER.attrs, id, uint32(0xffffffff)) : undefined,
  "a size that no file has": (type, id) =>
    type === REQUEST.fstat ? packet(ANSWER.attrs, id, uint32(1), Buffer.alloc(8, 0xff)) : undefined,
};

for (const [name, lie] of Object.entries(LIES)) {
  test(`a server that answers with ${name} is 'wrong', and gives no byte`, async () => {
    const session = await connect(lie);
    await assert.rejects(within("the error", read(session), 5_000), (error) => {
      assert.ok(error instanceof OriginError, `${error}`);
      assert.equal(error.kind, "wrong", error.message);
      return true;
    });
  });
}

test("a file in pieces as small as a server likes is whole all the same", async () => {
  const short = onRead((id, body) => {
    const offset = Number(body.readBigUInt64BE(5));
    return packet(ANSWER.data, id, text(CONTENT.subarray(offset, offset + 3)));
  });
  assert.ok(CONTENT.equals(await read(await connect(short))));
});

test("another size or time is 'changed', whatever the bytes", async () => {
  for (const [size, seconds] of [
    [CONTENT.length + 1, 5],
    [CONTENT.length, 6],
  ] as const) {
    const session = await connect((type, id) =>
      type === REQUEST.fstat ? packet(ANSWER.attrs, id, attributes(size, seconds)) : undefined,
    );
    await assert.rejects(read(session), (error) => error instanceof OriginError && error.kind === "changed");
  }
});

test("a server that keeps silent is an error in time", async () => {
  const session = await connect((type) => (type === REQUEST.read ? Buffer.alloc(0) : undefined), 200);
  await assert.rejects(within("the error", read(session), 5_000), /no answer for 0\.2 s/u);
});

test("names that would lead elsewhere are no names", async () => {
  const names = ["..", ".", "", "a/b", "a\0b", "/etc/passwd", "x".repeat(2000), "good.mp3"];
  let isListed = false;
  const session = await connect((type, id) => {
    if (type !== REQUEST.readdir || isListed) return undefined;
    isListed = true;
    const entries = names.flatMap((name) => [text(name), text("long"), attributes(1, 1)]);
    return packet(ANSWER.name, id, uint32(names.length), ...entries);
  });
  const entries = await new FolderCursor(session, "").next();
  assert.deepEqual(
    entries?.map(({ name }) => name),
    ["good.mp3"],
  );
});

test("a listing that claims four thousand million names is 'wrong', and takes no memory", async () => {
  const session = await connect((type, id) =>
    type === REQUEST.readdir ? packet(ANSWER.name, id, uint32(0xffffffff)) : undefined,
  );
  await assert.rejects(
    new FolderCursor(session, "").next(),
    (error) => error instanceof OriginError && error.kind === "wrong",
  );
});

function read(session: Session): Promise<Uint8Array> {
  return readRange(session, FILE, 0, FILE.sizeBytes, noAbort);
}

function onRead(answer: (id: number, body: Buffer) => Buffer): Answering {
  return (type, id, body) => (type === REQUEST.read ? answer(id, body) : undefined);
}

function packet(type: number, id: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.of(type), uint32(id), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
}

function attributes(sizeBytes: number, seconds: number): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(sizeBytes));
  return Buffer.concat([uint32(0xd), size, uint32(0o100644), uint32(seconds), uint32(seconds)]);
}

function text(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
