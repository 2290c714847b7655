import type { Channel } from "./channel.js";
import {
  INIT_FLAG,
  INIT_FLAG2,
  INIT_IN,
  INIT_OUT_BYTES,
  MAX_PAGES,
  MAX_WRITE_BYTES,
  MINOR_VERSION,
} from "./protocol.js";
import { SYSTEM_ERRNO } from "./syscalls.js";

/** What the kernel and this driver settled on at INIT. */
export interface Agreement {
  readonly minor: number;
  readonly passthrough: boolean;
  /** Files that are opened past the kernel's cache can be mapped into memory all the same; Linux 6.6. */
  readonly directMmap: boolean;
}

const MAJOR = 7;
const WANTED =
  INIT_FLAG.asyncRead |
  INIT_FLAG.readdirplus |
  INIT_FLAG.parallelDirops |
  INIT_FLAG.abortError |
  INIT_FLAG.maxPages |
  INIT_FLAG.cacheSymlinks |
  INIT_FLAG.noOpendirSupport |
  INIT_FLAG.explicitInvalidation;
const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;
/** Passthrough files may lie on a filesystem that is not itself stacked on another. */
const MAX_STACK_DEPTH = 1;

/**
 * Answers INIT: takes of {@link WANTED} what the kernel offers, so that older ones are served with less.
 *
 * @returns `undefined` when there is nothing to agree on; a kernel with a newer major asks again.
 */
export function answerInit(channel: Channel, wantsPassthrough: boolean): Agreement | undefined {
  const { request, data } = channel;
  const major = request[INIT_IN.major] as number;
  const minor = request[INIT_IN.minor] as number;
  data.fill(0, 0, INIT_OUT_BYTES / 4);
  data[0] = MAJOR;
  data[1] = Math.min(minor, MINOR_VERSION.newest);
  if (major > MAJOR) {
    channel.reply(INIT_OUT_BYTES);
    return undefined;
  }
  if (major < MAJOR || minor < MINOR_VERSION.oldest) {
    channel.replyError(SYSTEM_ERRNO.EPROTO);
    return undefined;
  }
  const offered = request[INIT_IN.flags] as number;
  const isExtended = (offered & INIT_FLAG.extended) !== 0;
  const offered2 = isExtended ? (request[INIT_IN.flags2] as number) : 0;
  const passthrough = wantsPassthrough && (offered2 & INIT_FLAG2.passthrough) !== 0;
  const directMmap = (offered2 & INIT_FLAG2.directIoAllowMmap) !== 0;
  data[2] = request[INIT_IN.maxReadahead] as number;
  data[3] = (offered & WANTED) | (isExtended ? INIT_FLAG.extended : 0);
  putHalves(channel, 4, MAX_BACKGROUND, CONGESTION_THRESHOLD);
  data[5] = MAX_WRITE_BYTES;
  data[6] = 1;
  putHalves(channel, 7, MAX_PAGES, 0);
  data[8] = (passthrough ? INIT_FLAG2.passthrough : 0) | (directMmap ? INIT_FLAG2.directIoAllowMmap : 0);
  data[9] = passthrough ? MAX_STACK_DEPTH : 0;
  channel.reply(INIT_OUT_BYTES);
  return { minor: Math.min(minor, MINOR_VERSION.newest), passthrough, directMmap };
}

function putHalves(channel: Channel, word: number, first: number, second: number): void {
  const halves = new Uint16Array(channel.data.buffer, channel.data.byteOffset + word * 4, 2);
  halves[0] = first;
  halves[1] = second;
}
