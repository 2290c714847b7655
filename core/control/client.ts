import { request as httpRequest } from "node:http";
import { MusicfsError } from "../errors.js";
import { CONTROL_PREFIX } from "./protocol.js";

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export interface CallOptions {
  /** @default 10 000 */
  readonly timeoutMs?: number;
}

/**
 * Calls a method of the daemon that listens on `socketPath`.
 *
 * @throws `MFS_NOT_RUNNING` when nobody listens, `MFS_CONTROL_FAILED` when the call fails.
 */
export async function callControl<Answer>(
  socketPath: string,
  method: string,
  body: object = {},
  { timeoutMs = 10_000 }: CallOptions = {},
): Promise<Answer> {
  const { status, text } = await post(socketPath, CONTROL_PREFIX + method, JSON.stringify(body), timeoutMs);
  const answer = parseAnswer(text, method);
  if (status === 200) return answer as Answer;
  const message = String((answer as { message?: unknown }).message ?? `status ${status}`);
  throw new MusicfsError("MFS_CONTROL_FAILED", `the daemon answered ${method} with an error: ${message}`);
}

function post(
  socketPath: string,
  path: string,
  body: string,
  timeoutMs: number,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        socketPath,
        path,
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on("data", (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error("the answer is too long"));
          else pieces.push(piece);
        });
        response.on("error", (error) => reject(callError(socketPath, error, timeoutMs)));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }),
        );
      },
    );
    request.on("error", (error) => reject(callError(socketPath, error, timeoutMs)));
    request.end(body);
  });
}

function callError(socketPath: string, error: NodeJS.ErrnoException, timeoutMs: number): MusicfsError {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
    return new MusicfsError("MFS_NOT_RUNNING", `no MusicFS is running: nobody listens on ${socketPath}`);
  }
  if (error.name === "AbortError" || error.name === "TimeoutError") {
    return new MusicfsError("MFS_CONTROL_FAILED", `the daemon did not answer within ${timeoutMs} ms`);
  }
  return new MusicfsError(
    "MFS_CONTROL_FAILED",
    `talking to the daemon on ${socketPath} failed: ${error.message}`,
    {
      cause: error,
    },
  );
}

function parseAnswer(text: string, method: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MusicfsError("MFS_CONTROL_FAILED", `the daemon's answer to ${method} is not JSON`);
  }
}
