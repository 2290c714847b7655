import { createHash, randomBytes } from "node:crypto";
import { MusicfsError, sendSuccessfully, z } from "musicfs";

export interface SubsonicLogin {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** The first version of the API with `startScan` (https://www.subsonic.org/pages/api.jsp). */
const API_VERSION = "1.15.0";

const answerSchema = z.object({
  "subsonic-response": z.object({
    status: z.string(),
    error: z.object({ code: z.number(), message: z.string().default("") }).optional(),
  }),
});

/**
 * Calls a method of Subsonic's API. The password itself is not sent, but its MD5 with a salt of this call;
 * as that still lets anybody in who has it, it goes in the body, which no server logs.
 *
 * @throws `MFS_REQUEST_FAILED` when the server does not answer, or says that it failed.
 */
export async function callSubsonic(
  { url, user, password }: SubsonicLogin,
  method: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const salt = randomBytes(16).toString("hex");
  const token = createHash("md5")
    .update(password + salt, "utf8")
    .digest("hex");
  const login = { u: user, t: token, s: salt, v: API_VERSION, c: "musicfs", f: "json" };
  const { text } = await sendSuccessfully(
    {
      url: `${url}/rest/${method}`,
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ ...login, ...parameters }).toString(),
    },
    signal,
  );
  checkAnswer(text, method);
}

// Subsonic says what failed with HTTP status 200.
function checkAnswer(text: string, method: string): void {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) throw failed(`${method}: the answer is not one of Subsonic's API`);
  const { status, error } = parsed.data["subsonic-response"];
  if (status === "ok") return;
  throw failed(`${method}: ${error ? `${error.message.slice(0, 200)} (error ${error.code})` : status}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(message: string): MusicfsError {
  return new MusicfsError("MFS_REQUEST_FAILED", message);
}
