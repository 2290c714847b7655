import { z } from "zod";
import { isLoopback } from "../control/access.js";
import { secret } from "../secrets/secret.js";

const path = z.string().min(1).max(4096);

const tcpSchema = z
  .strictObject({
    port: z.int().min(1).max(65_535),
    host: z.string().min(1).max(255).default("127.0.0.1"),
    token: secret(),
    tls: z.strictObject({ certFile: path, keyFile: path }).optional(),
    allowedHosts: z.array(z.string().min(1).max(255).toLowerCase()).max(100).default([]),
  })
  .refine(({ host, tls }) => tls !== undefined || isLoopback(host), {
    path: ["tls"],
    message: "needed, since others than this machine can reach the host; or leave the host out",
  });

/** `control` of a config. */
export const controlSchema = z.strictObject({ tcp: tcpSchema.optional() });
