import { createHmac } from "node:crypto";

const ENCODED = "whsec_";

/**
 * The headers that prove where a message comes from and that nobody changed it, as Standard Webhooks 1.0 has
 * them: HMAC-SHA256 over `<id>.<seconds>.<body>`, in Base64.
 *
 * @param secret text, or `whsec_` and the key in Base64.
 * @param nowMs since 1970.
 */
export function signedHeaders(
  secret: string,
  id: string,
  body: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(nowMs / 1000));
  const signature = createHmac("sha256", keyOf(secret)).update(`${id}.${seconds}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(ENCODED)
    ? Buffer.from(secret.slice(ENCODED.length), "base64")
    : Buffer.from(secret, "utf8");
}
