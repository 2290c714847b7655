import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  type Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const PROTOS = fileURLToPath(new URL("../../../proto", import.meta.url));

export type Message = Record<string, unknown>;

/** A gRPC client that shares no code with the server: grpc-js, over the protos as they are written. */
export interface GrpcClient {
  /** Names of all methods; whether they stream. */
  readonly methods: ReadonlyMap<string, boolean>;
  call(method: string, request?: object): Promise<Message>;
  /** The messages of a stream, `limit` at most. */
  read(method: string, request?: object, limit?: number): Promise<Message[]>;
  /** A stream that nobody reads. */
  open(method: string, request?: object): { cancel(): void };
  close(): void;
}

export interface GrpcOptions {
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly channel?: ChannelCredentials;
}

interface Reading extends AsyncIterable<Message> {
  on(event: "error", listener: () => void): this;
  cancel(): void;
}

/** @param target `unix:/run/…`, `127.0.0.1:7171` */
export function connectGrpc(target: string, { headers = {}, channel }: GrpcOptions = {}): GrpcClient {
  const definition = loadSync("musicfs/v1/service.proto", {
    includeDirs: [PROTOS],
    longs: Number,
    enums: String,
    defaults: true,
  });
  const { musicfs } = loadPackageDefinition(definition) as unknown as {
    musicfs: { v1: { MusicFS: ServiceClientConstructor } };
  };
  const { MusicFS } = musicfs.v1;
  const client = new MusicFS(target, channel ?? credentials.createInsecure()) as Client &
    Record<string, (...args: unknown[]) => unknown>;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const open = (method: string, request: object): Reading =>
    client[method]?.call(client, request, metadata) as Reading;
  return {
    methods: new Map(
      Object.entries(MusicFS.service).map(([name, { responseStream }]) => [name, responseStream]),
    ),
    call: (method, request = {}) =>
      new Promise((resolve, reject) => {
        const done = (error: Error | null, answer: Message): void =>
          error ? reject(error) : resolve(answer);
        client[method]?.call(client, request, metadata, done);
      }),
    async read(method, request = {}, limit = Number.POSITIVE_INFINITY) {
      const messages: Message[] = [];
      const reading = open(method, request);
      for await (const message of reading) {
        messages.push(message);
        if (messages.length >= limit) break;
      }
      return messages;
    },
    open(method, request = {}) {
      const reading = open(method, request);
      reading.on("error", () => undefined);
      return reading;
    },
    close: () => client.close(),
  };
}
