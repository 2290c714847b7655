import { run } from "./process.js";

export interface CurlAnswer {
  readonly status: number;
  readonly body: string;
}

const STATUS_LINE = "\n%{http_code}";

/** Calls a URL with curl, which shares no code with the server. @param args more arguments of curl. */
export async function curl(url: string, args: readonly string[] = []): Promise<CurlAnswer> {
  const { code, stdout, stderr } = await run([
    "curl",
    "-sS",
    "--max-time",
    "50",
    "-w",
    STATUS_LINE,
    ...args,
    url,
  ]);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}

const BASE = "http://localhost/musicfs.v1.MusicFS";

/** Calls a method as JSON over HTTP, as one types it. @param where such as `["--unix-socket", path]`. */
export async function curlMethod(
  where: readonly string[],
  method: string,
  request: object = {},
  base = BASE,
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const body = ["-H", "content-type: application/json", "-d", JSON.stringify(request)];
  const answered = await curl(`${base}/${method}`, [...where, ...body]);
  return { status: answered.status, answer: answered.body === "" ? {} : JSON.parse(answered.body) };
}

/** Calls a method that streams as Connect has it: each message after a byte of flags and four of length. */
export async function curlStream(
  where: readonly string[],
  method: string,
  request: object = {},
  base = BASE,
): Promise<{ status: number; messages: Record<string, unknown>[] }> {
  const json = JSON.stringify(request);
  // Fields of ASCII only, so that every byte of the length but the last two is 0.
  const length = [json.length >> 8, json.length & 255].map(
    (byte) => `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  // In base64, since lengths are no text.
  const pipe = `set -o pipefail; printf '\\0\\0\\0${length.join("")}%s' "$1" | curl "\${@:2}" | base64 -w 0`;
  const args = ["-sS", "--max-time", "50", "-w", STATUS_LINE, "-H", "content-type: application/connect+json"];
  const command = [
    "bash",
    "-c",
    pipe,
    "bash",
    json,
    ...args,
    "--data-binary",
    "@-",
    ...where,
    `${base}/${method}`,
  ];
  const { code, stdout, stderr } = await run(command);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
  const answer = Buffer.from(stdout, "base64");
  const end = answer.lastIndexOf("\n");
  const status = Number(answer.toString("latin1", end + 1));
  return { status, messages: parseFrames(answer.subarray(0, end)) };
}

// The last frame says how the stream ended.
function parseFrames(bytes: Buffer): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    messages.push(JSON.parse(bytes.toString("utf8", at + 5, at + 5 + length)));
    at += 5 + length;
  }
  return messages;
}
