import type { IFormat } from "music-metadata";
import type { AudioProperties } from "../../model/track.js";
import type { AudioFormat } from "./format.js";

/** Longer than anybody listens: half a year. A duration beyond it is a lie or a slip. */
const MAX_DURATION_MS = 180 * 24 * 3600 * 1000;
const MAX_CODEC = 64;

/**
 * What music-metadata found of the audio stream, checked.
 *
 * @param measuredMs the duration by the audio itself: by the last page, which alone counts in an Ogg; by frames in an ADTS.
 */
export function audioPropertiesOf(
  found: Partial<IFormat>,
  format: AudioFormat,
  sizeBytes: number,
  measuredMs: number | undefined,
): AudioProperties {
  const durationMs = format.isOgg ? measuredMs : (measuredMs ?? durationOf(found, format, sizeBytes));
  const properties = {
    format: (found.hasVideo && format.videoExtension) || format.extension,
    codec: found.codec?.replace(/[\p{Cc}\p{Cf}]/gu, "").slice(0, MAX_CODEC) || undefined,
    durationMs: inRange(durationMs, MAX_DURATION_MS),
    bitrateBps: inRange(bitrateOf(found, durationMs, format, sizeBytes), 1e9),
    // The rate in an Opus header is what its source had; it always plays at 48 kHz (RFC 7845, section 5.1).
    sampleRateHz: format.extension === "opus" ? 48_000 : inRange(found.sampleRate, 1e8),
    bitsPerSample: inRange(found.bitsPerSample, 64),
    channels: inRange(found.numberOfChannels, 255),
    lossless: found.lossless,
  };
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== undefined),
  ) as unknown as AudioProperties;
}

// The length in a WAV's header is that of the recording, also when the file was cut off or never finished.
function durationOf(found: Partial<IFormat>, format: AudioFormat, sizeBytes: number): number | undefined {
  const { duration, sampleRate, numberOfChannels, bitsPerSample, codec } = found;
  if (duration === undefined) return undefined;
  const isPcm = format.isPlainPcm && /^PCM/.test(codec ?? "");
  const bytesPerSecond = ((sampleRate ?? 0) * (numberOfChannels ?? 0) * (bitsPerSample ?? 0)) / 8;
  const seconds = isPcm && bytesPerSecond > 0 ? Math.min(duration, sizeBytes / bytesPerSecond) : duration;
  return seconds * 1000;
}

function bitrateOf(
  found: Partial<IFormat>,
  durationMs: number | undefined,
  format: AudioFormat,
  sizeBytes: number,
): number | undefined {
  return format.isOgg && durationMs ? (sizeBytes * 8000) / durationMs : found.bitrate;
}

function inRange(value: number | undefined, greatest: number): number | undefined {
  return value !== undefined && value > 0 && value <= greatest ? Math.round(value) : undefined;
}
