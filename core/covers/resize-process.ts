/** The entry of the process that makes smaller pictures for `resizer.ts`: what a picture does to it, it does to it alone. */
import type { Sharp } from "sharp";
import { messageOf } from "../errors.js";
import type { ResizeReply, ResizeRequest } from "./resize-messages.js";

/** Pictures with more pixels are refused by their header: 8,000 by 8,000 take 256 MB when they are decoded. */
const MAX_PIXELS = 64_000_000;
const QUALITY = 85;

type SharpModule = typeof import("sharp").default;

process.on("message", (request: ResizeRequest) => void answer(request));
process.on("disconnect", () => process.exit());

async function answer({ picture, sizes }: ResizeRequest): Promise<void> {
  const sharp = await loadSharp().catch((error) => {
    reply({ problem: messageOf(error), lacking: true });
    return undefined;
  });
  if (!sharp) return;
  await resized(sharp, picture, sizes).then(
    (pictures) => reply({ pictures }),
    (error) => reply({ problem: messageOf(error), lacking: false }),
  );
}

function reply(message: ResizeReply): void {
  process.send?.(message);
}

// Nothing but what players show is decoded, whatever the bytes claim to be.
async function loadSharp(): Promise<SharpModule> {
  const { default: sharp } = await import("sharp");
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ["VipsForeignLoad"] });
  const loaders = ["Jpeg", "Png", "Webp", "Nsgif"].map((format) => `VipsForeignLoad${format}`);
  sharp.unblock({ operation: loaders });
  return sharp;
}

// Decoded once, for the largest; the others are made of that.
async function resized(sharp: SharpModule, picture: Uint8Array, sizes: readonly number[]): Promise<Buffer[]> {
  const source = sharp(picture, { limitInputPixels: MAX_PIXELS, sequentialRead: true, failOn: "error" });
  const largest = fitted(source.rotate(), Math.max(...sizes)).flatten({ background: "#fff" });
  const { data, info } = await largest.toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pictures: Buffer[] = [];
  for (const size of sizes) {
    const image = fitted(sharp(data, { raw: { width, height, channels } }), size);
    pictures.push(await image.jpeg({ quality: QUALITY }).toBuffer());
  }
  return pictures;
}

function fitted(image: Sharp, size: number): Sharp {
  return image.resize(size, size, { fit: "inside", withoutEnlargement: true });
}
