import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { UnusablePictureError } from "../../../core/covers/cover-source.js";
import { Resizer, type ResizerOptions } from "../../../core/covers/resizer.js";
import { until } from "../../support/process.js";

function openResizer(t: TestContext, options?: ResizerOptions): Resizer {
  const resizer = new Resizer(options);
  t.after(() => resizer.close());
  return resizer;
}

function picture(width: number, height: number, format: "jpeg" | "png" | "webp" | "gif"): Promise<Buffer> {
  const create = { width, height, channels: 4, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } as const;
  return sharp({ create }).toFormat(format).toBuffer();
}

async function sidesOf(pictures: readonly Uint8Array[]): Promise<unknown[]> {
  const found = await Promise.all(pictures.map((bytes) => sharp(bytes).metadata()));
  return found.map(({ format, width, height }) => [format, width, height]);
}

/** A valid PNG of one colour: few bytes, many pixels. */
function bomb(side: number): Buffer {
  const row = Math.ceil(side / 8) + 1;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.writeUInt8(1, 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  const data = deflateSync(Buffer.alloc(row * side), { level: 9 });
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

test("pictures become JPEGs of the wanted sides, keep their shape, and never grow", async (t) => {
  const resizer = openResizer(t);
  for (const format of ["jpeg", "png", "webp", "gif"] as const) {
    const made = await resizer.resize(await picture(800, 400, format), [100, 300, 1200]);
    assert.deepEqual(
      await sidesOf(made),
      [
        ["jpeg", 100, 50],
        ["jpeg", 300, 150],
        ["jpeg", 800, 400],
      ],
      format,
    );
  }
  const [one] = await resizer.resize(await picture(1, 1, "png"), [16]);
  const { data } = await sharp(one).raw().toBuffer({ resolveWithObject: true });
  assert.ok((data[1] ?? 0) > 100, "what is transparent is laid on white");
});

test("the same picture gives the same bytes, also in another process", async (t) => {
  const source = await picture(500, 500, "jpeg");
  const [one, other] = [openResizer(t), openResizer(t)];
  assert.deepEqual(await one.resize(source, [150, 300]), await other.resize(source, [150, 300]));
});

test("what is damaged, no picture, or has too many pixels is refused, and the next picture is made", async (t) => {
  const resizer = openResizer(t);
  const good = await picture(64, 64, "jpeg");
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const cut = (await picture(600, 600, "png")).subarray(0, 500);
  for (const bad of [bomb(30_000), cut, svg, Buffer.alloc(100), Buffer.alloc(0)]) {
    await assert.rejects(resizer.resize(bad, [150]), UnusablePictureError);
    assert.deepEqual(await sidesOf(await resizer.resize(good, [150])), [["jpeg", 64, 64]]);
  }
  await assert.rejects(resizer.resize(bomb(30_000), [150]), /pixel limit/);
});

test("a picture that takes too long ends its process, and one that was killed is followed by another", async (t) => {
  const good = await picture(64, 64, "jpeg");
  const hasty = openResizer(t, { timeoutMs: 1 });
  await assert.rejects(hasty.resize(good, [150]), /longer than 1 ms/);
  await until("the process is gone", async () => childrenOf(process.pid).length === 0, 10_000);

  const resizer = openResizer(t);
  const large = await picture(7900, 7900, "png");
  const failed = assert.rejects(resizer.resize(large, [4096]), /died/);
  const [pid] = await until(
    "the process runs",
    async () => {
      const children = childrenOf(process.pid);
      return children.length > 0 ? children : undefined;
    },
    10_000,
  );
  process.kill(pid ?? 0, "SIGKILL");
  await failed;
  assert.equal((await resizer.resize(good, [150])).length, 1);
});
