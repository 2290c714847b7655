import aws4 from "aws4";
import { OriginError, type OriginErrorKind } from "musicfs";
import { readText, WebClient, type WebRequest } from "musicfs/http";
import type { S3Credentials } from "./credentials.js";
import { parseFailure, parsePage, type S3Page } from "./listing.js";

export interface BucketOptions {
  readonly bucket: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly forcePathStyle: boolean;
  readonly connections: number;
  readonly idleTimeoutMs: number;
  readonly ca: string | undefined;
  readonly credentials: S3Credentials;
}

/** Longest page of a listing, in bytes: 1,000 keys of 1,024 bytes, each of which may be three times as long when encoded. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
const MAX_FAILURE_BYTES = 64 * 1024;

/** What S3 says by a code, and not by the status alone. */
const KINDS: Readonly<Record<string, OriginErrorKind>> = {
  SlowDown: "busy",
  ServiceUnavailable: "busy",
  RequestLimitExceeded: "busy",
  ExpiredToken: "refused",
  InvalidToken: "refused",
  TokenRefreshRequired: "refused",
  AuthorizationHeaderMalformed: "refused",
  NoSuchBucket: "unavailable",
};

/** Requests to one bucket, signed. */
export class Bucket {
  readonly client: WebClient;
  /** What stands before a key in a path. */
  readonly #base: string;
  readonly #name: string;

  constructor(options: BucketOptions) {
    const { bucket, region, credentials } = options;
    const { url, base } = placeOf(options);
    this.#base = base;
    this.#name = bucket;
    const { host } = new URL(url);
    this.client = new WebClient({
      url,
      connections: options.connections,
      idleTimeoutMs: options.idleTimeoutMs,
      ca: options.ca,
      // What is signed is signed for one address.
      followRedirects: false,
      refused: () => credentials.forget(),
      authorize: async ({ method = "GET", path, headers }) => {
        const keys = await credentials.keys();
        if (!keys) return {};
        const signed = aws4.sign(
          { service: "s3", region, method, path, headers: { ...headers, host } },
          keys,
        );
        return signed.headers as Record<string, string>;
      },
    });
  }

  /** Path of an object in a request. */
  pathOf(key: string): string {
    return `${this.#base}/${key.split("/").map(encodeStrictly).join("/")}`;
  }

  /** One page of all objects whose keys begin with `prefix`. */
  async listPage(
    prefix: string,
    next: string | undefined,
    maxKeys: number,
    signal: AbortSignal,
  ): Promise<S3Page> {
    const query = {
      ...(next === undefined ? {} : { "continuation-token": next }),
      "encoding-type": "url",
      "list-type": "2",
      "max-keys": String(maxKeys),
      prefix,
    };
    const text = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeStrictly(value)}`)
      .join("&");
    const request = { path: `${this.#base}/?${text}`, what: `listing the bucket '${this.#name}'` };
    const answer = await this.client.send(request, signal);
    try {
      if (answer.status !== 200) throw await this.#failureOf(answer, request);
      return parsePage(await readText(answer.body, MAX_PAGE_BYTES));
    } catch (error) {
      throw this.#placed(error, request);
    } finally {
      answer.close();
    }
  }

  async #failureOf(
    answer: Awaited<ReturnType<WebClient["send"]>>,
    request: WebRequest,
  ): Promise<OriginError> {
    const failure = parseFailure(await readText(answer.body, MAX_FAILURE_BYTES));
    const region = answer.headers["x-amz-bucket-region"];
    const hint = answer.status < 400 && region ? `; the bucket lies in the region '${region}'` : "";
    const detail = failure ? `${failure.code}: ${failure.message}${hint}` : `no error of S3${hint}`;
    const error =
      answer.failure(detail) ?? new OriginError("wrong", `it answers ${answer.status} (${detail})`);
    const kind = KINDS[failure?.code ?? ""] ?? (error.kind === "missing" ? "unavailable" : error.kind);
    return this.#placed(
      new OriginError(kind, error.message, { retryAfterMs: error.retryAfterMs }),
      request,
    ) as OriginError;
  }

  #placed(error: unknown, { what }: WebRequest): unknown {
    if (!(error instanceof OriginError) || error.message.startsWith(this.client.server)) return error;
    const { kind, message, retryAfterMs } = error;
    return new OriginError(kind, `${this.client.server}: ${what}: ${message}`, { retryAfterMs });
  }
}

function placeOf({ bucket, endpoint, region, forcePathStyle }: BucketOptions): { url: string; base: string } {
  const url = endpoint ?? `https://s3.${region}.amazonaws.com`;
  if (forcePathStyle) return { url, base: `/${encodeStrictly(bucket)}` };
  const { protocol, host } = new URL(url);
  return { url: `${protocol}//${bucket}.${host}`, base: "" };
}

/** As S3's signature has it: all but unreserved characters as `%XX`. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
