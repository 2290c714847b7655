/** Width and height of a cover. */
export const COVER_PIXELS = 160;

/** Draws a moon over waves, in colours that `hue` (0 to 1) chooses: RGB, three bytes a pixel. */
export function drawCover(hue: number): Buffer {
  const pixels = Buffer.alloc(COVER_PIXELS * COVER_PIXELS * 3);
  for (let y = 0; y < COVER_PIXELS; y += 1) {
    for (let x = 0; x < COVER_PIXELS; x += 1) {
      pixels.set(colourAt(x / COVER_PIXELS, y / COVER_PIXELS, hue), (y * COVER_PIXELS + x) * 3);
    }
  }
  return pixels;
}

function colourAt(x: number, y: number, hue: number): [number, number, number] {
  if (Math.hypot(x - 0.68, y - 0.3) < 0.14) return mix(hue + 0.45, 0.95);
  const horizon = 0.62 + 0.03 * Math.sin(x * 12);
  if (y < horizon) return mix(hue, 0.25 + 0.5 * y);
  const wave = Math.sin(x * 18 + y * 40) * Math.sin(y * 60);
  return mix(hue + 0.1, 0.35 + 0.12 * wave);
}

/** A colour of the hue, of the given brightness (0 to 1). */
function mix(hue: number, brightness: number): [number, number, number] {
  const channel = (shift: number) =>
    Math.round(255 * brightness * (0.65 + 0.35 * Math.cos(2 * Math.PI * (hue + shift))));
  return [channel(0), channel(1 / 3), channel(2 / 3)];
}
