import aws4 from "aws4";
import { Pool } from "undici";

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Writes to a bucket of a server, as its owner. */
export class S3Writer {
  readonly #endpoint: string;
  readonly #bucket: string;
  readonly #keys: S3Keys;
  readonly #pool: Pool;

  constructor(endpoint: string, bucket: string, keys: S3Keys) {
    this.#endpoint = endpoint;
    this.#bucket = bucket;
    this.#keys = keys;
    this.#pool = new Pool(endpoint, { connections: 32 });
  }

  async create(): Promise<void> {
    await this.#send("PUT", `/${this.#bucket}`);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#send("PUT", this.#pathOf(key), Buffer.from(bytes));
  }

  async putAll(files: Iterable<readonly [key: string, bytes: Uint8Array]>): Promise<void> {
    const waiting = [...files];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await this.put(...next);
    };
    await Promise.all(Array.from({ length: 32 }, work));
  }

  async remove(key: string): Promise<void> {
    await this.#send("DELETE", this.#pathOf(key));
  }

  #pathOf(key: string): string {
    const encode = (name: string): string =>
      encodeURIComponent(name).replace(/[!'()*]/gu, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    return `/${this.#bucket}/${key.split("/").map(encode).join("/")}`;
  }

  async #send(method: "PUT" | "DELETE", path: string, body: Buffer = Buffer.alloc(0)): Promise<void> {
    const { host } = new URL(this.#endpoint);
    const payload = method === "PUT" ? { body: body as unknown as string } : {};
    const signed = { service: "s3", region: "us-east-1", method, path, headers: { host }, ...payload };
    const { headers } = aws4.sign(signed, this.#keys);
    const { statusCode, body: answer } = await this.#pool.request({
      method,
      path,
      headers: headers as Record<string, string>,
      ...(method === "PUT" ? { body } : {}),
    });
    const text = await answer.text();
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
  }
}
