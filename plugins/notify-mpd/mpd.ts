import { connect, type NetConnectOpts, type Socket } from "node:net";
import { MusicfsError } from "musicfs";

export interface MpdLogin {
  readonly address: NetConnectOpts;
  readonly password: string | undefined;
}

const TIMEOUT_MS = 10_000;
/** MPD keeps at most 32 updates waiting (`UPDATE_QUEUE_SIZE`), and others may ask, too. */
const MAX_PATHS = 16;

/**
 * Has MPD update its database at `paths` below its music directory (`""`: all of it), by its text protocol
 * (https://mpd.readthedocs.io/en/latest/protocol.html).
 *
 * @throws `MFS_REQUEST_FAILED` when it does not answer in time, or refuses.
 */
export async function updateMpd(
  { address, password }: MpdLogin,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const conversation = new Conversation(connect(address), signal);
  try {
    await conversation.expect("OK MPD ", "the greeting");
    if (password !== undefined) await conversation.command("password", password);
    const wanted = paths.length > MAX_PATHS || paths.some((path) => /[\r\n\0]/u.test(path)) ? [""] : paths;
    for (const path of wanted) await conversation.command("update", path);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    conversation.close();
  }
}

/** Commands and their answers, one after the other. */
class Conversation {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  readonly #signal: AbortSignal;
  readonly #giveUp = (): void => void this.#socket.destroy(new Error("given up"));

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    // What fails between two answers is found at the next one.
    socket.on("error", () => undefined);
    signal.addEventListener("abort", this.#giveUp);
    this.#lines = linesOf(socket);
  }

  async command(name: string, argument: string): Promise<void> {
    this.#socket.write(argument === "" ? `${name}\n` : `${name} ${quote(argument)}\n`);
    await this.expect("OK", name);
  }

  /** Reads lines up to one that begins with `wanted`. */
  async expect(wanted: string, what: string): Promise<void> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw failed(`MPD closed the connection before it answered '${what}'`);
      if (value.startsWith(wanted)) return;
      // ACK [error@command] {command} message
      if (value.startsWith("ACK ")) throw failed(`MPD refused '${what}': ${value.slice(4)}`);
      if (wanted !== "OK") throw failed("who answers is not MPD");
    }
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#giveUp);
    this.#socket.destroy();
  }
}

/** Longest line of an answer, in characters. */
const MAX_LINE = 4096;

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = "";
  socket.setEncoding("utf8");
  try {
    for await (const text of socket as AsyncIterable<string>) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
      if (rest.length > MAX_LINE) throw new Error("a line of its answer has no end");
    }
  } catch (error) {
    throw failed(`MPD: ${(error as Error).message}`);
  }
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/gu, "\\$&")}"`;
}

function failed(message: string): MusicfsError {
  return new MusicfsError("MFS_REQUEST_FAILED", message);
}
