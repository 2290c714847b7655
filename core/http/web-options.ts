import { z } from "zod";
import { secret } from "../secrets/secret.js";
import { httpUrl } from "./http-url.js";

/** The options of an origin on a web server: where it is, who asks, and which certificates are trusted. */
export function webOptions() {
  return {
    /** Address of the folder, without a user, a password or a query. */
    url: httpUrl(),
    /** Who asks (HTTP Basic), together with `password`. */
    username: z
      .string()
      .min(1)
      .max(1000)
      .regex(/^[^:\r\n]*$/u, "expected a name without a colon")
      .optional(),
    /** Text, `{ env }`, `{ file }` or `{ credential }`. */
    password: secret().optional(),
    /** Sent as `Authorization: Bearer …`, in place of a user and a password. */
    token: secret().optional(),
    /** File of certificates (PEM) that are trusted beside those that Node trusts: for a server with one of its own. */
    caFile: z.string().min(1).optional(),
  };
}
