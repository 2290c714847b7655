import { OriginError, type OriginFile } from "musicfs";
import { originErrorOf } from "./errors.js";
import { requireVersion } from "./open-files.js";
import { requireType, type Session } from "./session.js";
import { StatusError } from "./wire/channel.js";
import { ANSWER, REQUEST, STATUS } from "./wire/protocol.js";

/** Bytes of one read that are asked for ahead; ssh2 lets no more be under way in a session either. */
const AHEAD_BYTES = 2 * 2 ** 20;

/**
 * Reads a range, in many requests at once, and makes sure that all of it is of the version of `file`: the server does
 * what concerns one file in the order in which it was asked, so what it says of the file last holds for all before.
 *
 * @throws OriginError; `signal.reason` between two requests.
 */
export async function readRange(
  session: Session,
  file: OriginFile,
  offsetBytes: number,
  lengthBytes: number,
  signal: AbortSignal,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const length = Math.max(0, Math.min(lengthBytes, file.sizeBytes - offsetBytes));
  const target = into ? Buffer.from(into.buffer, into.byteOffset, length) : Buffer.allocUnsafeSlow(length);
  return session.files.use(file, async (handle) => {
    signal.throwIfAborted();
    const pieces = piecesOf(length, session.channel.maxReadBytes);
    const work = readPieces(session, handle, offsetBytes, target, pieces, signal);
    // Right behind the last request where all have been sent; it proves nothing for a piece that is asked for twice.
    const early = pieces.length <= aheadPieces(session) ? requireStill(session, handle, file) : undefined;
    early?.catch(() => undefined);
    try {
      const wasShort = await work;
      await (early && !wasShort ? early : requireStill(session, handle, file));
    } catch (error) {
      // That it is another version by now explains the rest.
      await (early ?? requireStill(session, handle, file));
      throw originErrorOf(error, file.path);
    }
    return target;
  });
}

interface Piece {
  readonly at: number;
  readonly length: number;
}

function aheadPieces(session: Session): number {
  return Math.max(1, Math.floor(AHEAD_BYTES / session.channel.maxReadBytes));
}

function piecesOf(length: number, pieceBytes: number): Piece[] {
  return Array.from({ length: Math.ceil(length / pieceBytes) }, (_, index) => ({
    at: index * pieceBytes,
    length: Math.min(pieceBytes, length - index * pieceBytes),
  }));
}

// Several walk through the pieces at once. Says whether the server gave less than it was asked for anywhere.
async function readPieces(
  session: Session,
  handle: Buffer,
  offsetBytes: number,
  target: Buffer,
  pieces: readonly Piece[],
  signal: AbortSignal,
): Promise<boolean> {
  let next = 0;
  let wasShort = false;
  const walk = async (): Promise<void> => {
    for (let piece = pieces[next++]; piece; piece = pieces[next++]) {
      signal.throwIfAborted();
      if (await readPiece(session, handle, offsetBytes, target, piece)) wasShort = true;
    }
  };
  await Promise.all(Array.from({ length: Math.min(aheadPieces(session), pieces.length) }, walk));
  return wasShort;
}

async function readPiece(
  session: Session,
  handle: Buffer,
  offsetBytes: number,
  target: Buffer,
  { at, length }: Piece,
): Promise<boolean> {
  let done = 0;
  let requests = 0;
  for (; done < length; requests++) {
    const { type, data } = await session.channel
      .request(REQUEST.read, handle, BigInt(offsetBytes + at + done), length - done)
      .catch(tooShort);
    requireType(type, ANSWER.data);
    if (!data || data.length === 0) throw wrong("no bytes where there must be some");
    if (data.length > length - done)
      throw wrong(`${data.length} bytes where ${length - done} were asked for`);
    data.copy(target, at + done);
    done += data.length;
  }
  return requests > 1;
}

async function requireStill(session: Session, handle: Buffer, file: OriginFile): Promise<void> {
  const { type, fields } = await session.channel.request(REQUEST.fstat, handle).catch((error: unknown) => {
    throw originErrorOf(error, file.path);
  });
  requireType(type, ANSWER.attrs);
  requireVersion(file, fields.attributes());
}

// Only as much is asked for as the file has: where it ends before, it is another file, or the server is wrong.
function tooShort(error: unknown): never {
  if (error instanceof StatusError && error.status === STATUS.endOfFile) {
    throw new OriginError("wrong", "the SFTP server ends the file before its size");
  }
  throw error;
}

function wrong(how: string): OriginError {
  return new OriginError("wrong", `the SFTP server gives ${how}`);
}
