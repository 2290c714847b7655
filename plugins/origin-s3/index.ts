import { definePlugin, httpUrl, originOptions, secret, z } from "musicfs";

const options = z
  .strictObject({
    ...originOptions({ concurrency: 16 }),
    bucket: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^/\s]+$/u, "expected the name of a bucket"),
    /** What all keys begin with, such as `"music/"`; a `/` at its end is added. @default "" */
    prefix: z.string().max(1024).default(""),
    /** Address of the server. @default Amazon's in the region */
    endpoint: httpUrl().optional(),
    /** @default "us-east-1" */
    region: z
      .string()
      .regex(/^[a-zA-Z0-9-]{1,64}$/u)
      .default("us-east-1"),
    /** Text, `{ env }`, `{ file }` or `{ credential }`. Without it: the environment, then the file that AWS's tools share. */
    accessKeyId: secret().optional(),
    secretAccessKey: secret().optional(),
    /** Beside keys that are lent for a time. */
    sessionToken: secret().optional(),
    /** Section of the file that AWS's tools share (`~/.aws/credentials`). @default AWS_PROFILE, or "default" */
    profile: z.string().min(1).max(200).optional(),
    /** Signs nothing: for a bucket that everybody may read. @default false */
    anonymous: z.boolean().default(false),
    /** Whether the bucket stands in the path of addresses, and not in the server's name. @default where there is an `endpoint` */
    forcePathStyle: z.boolean().optional(),
    /** File of certificates (PEM) that are trusted beside those that Node trusts: for a server with one of its own. */
    caFile: z.string().min(1).optional(),
  })
  .refine(
    ({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined),
    {
      message: "accessKeyId and secretAccessKey belong together",
      path: ["secretAccessKey"],
    },
  );

type Options = z.output<typeof options>;

/** Music in a bucket of S3 or what speaks like it; see README.md beside this file. */
export const originS3 = definePlugin({
  name: "origin-s3",
  provides: ["origin"],
  options,
  instance: (settings) => idOf(settings),
  setup(context, settings) {
    if (!settings.enabled) return;
    const { bucket, endpoint, region, concurrency, idleTimeout, caFile } = settings;
    context.hooks.openOrigin.tap(async () => {
      // What speaks HTTP is loaded by those who need it.
      const [{ loadCertificates }, { Bucket }, { S3Credentials }, { openS3Origin }] = await Promise.all([
        import("musicfs/http"),
        import("./bucket.js"),
        import("./credentials.js"),
        import("./s3-origin.js"),
      ]);
      const client = new Bucket({
        bucket,
        endpoint,
        region,
        // A name with dots is in no certificate.
        forcePathStyle: settings.forcePathStyle ?? (endpoint !== undefined || bucket.includes(".")),
        connections: concurrency,
        idleTimeoutMs: idleTimeout,
        ca: caFile === undefined ? undefined : await loadCertificates(caFile, context.configDir),
        credentials: new S3Credentials(settings, context.readSecret),
      });
      return openS3Origin(client, {
        id: idOf(settings),
        prefix: prefixOf(settings),
        settings,
        log: context.log,
      });
    });
  },
});

function idOf(settings: Options): string {
  const { id, endpoint, bucket } = settings;
  const server = endpoint === undefined ? "s3:" : `s3:${new URL(endpoint).host}`;
  return id ?? `${server}/${bucket}/${prefixOf(settings)}`.slice(0, 200);
}

function prefixOf({ prefix }: Options): string {
  const plain = prefix.replace(/^\/+|\/+$/gu, "");
  return plain === "" ? "" : `${plain}/`;
}
