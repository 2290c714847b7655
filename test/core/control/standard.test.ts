import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer, loadSync } from "@grpc/proto-loader";
import { controlHandler, serveControl } from "../../../core/control/server.js";
import { silentLogger } from "../../support/loggers.js";
import { run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const BUF = join(ROOT, "node_modules/.bin/buf");

async function serve(t: TestContext) {
  const folder = temporaryFolder(t);
  const socketPath = join(folder, "run/default.sock");
  const stopped = new AbortController();
  const methods = { getStatus: () => ({ name: "found", state: 2 }) };
  const handler = controlHandler(async () => methods, silentLogger(), stopped.signal);
  const server = await serveControl(socketPath, handler, silentLogger());
  t.after(() => server.close());
  return { socketPath, stop: () => stopped.abort(), folder };
}

type AnyClient = Record<string, (...args: unknown[]) => unknown> & { close(): void };

function clientOf(t: TestContext, proto: string, name: string, socketPath: string): AnyClient {
  const loaded = loadPackageDefinition(
    loadSync(proto, { includeDirs: [join(ROOT, "proto")], enums: String, bytes: Buffer }),
  );
  return newClient(t, loaded, name, socketPath);
}

function newClient(t: TestContext, loaded: GrpcObject, name: string, socketPath: string): AnyClient {
  const Service = name.split(".").reduce<unknown>((at, key) => (at as GrpcObject)[key], loaded);
  const Client = Service as ServiceClientConstructor;
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure()) as unknown as AnyClient;
  t.after(() => client.close());
  return client;
}

function call(client: AnyClient, method: string, request: object): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    client[method]?.call(client, request, (error: Error | null, answer: Record<string, unknown>) =>
      error ? reject(error) : resolve(answer),
    );
  });
}

interface Bidi extends AsyncIterable<Record<string, unknown>> {
  write(message: object): void;
  end(): void;
}

interface ReflectionAnswer {
  readonly listServicesResponse: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly errorResponse: { readonly errorCode: number };
}

async function ask(client: AnyClient, questions: readonly object[]): Promise<ReflectionAnswer[]> {
  const stream = client.ServerReflectionInfo?.call(client) as Bidi;
  for (const question of questions) stream.write(question);
  stream.end();
  const answers: ReflectionAnswer[] = [];
  for await (const answer of stream) answers.push(answer as unknown as ReflectionAnswer);
  return answers;
}

test("health says what is served, and that the daemon stops", async (t) => {
  const { socketPath, stop } = await serve(t);
  const client = clientOf(t, "grpc/health/v1/health.proto", "grpc.health.v1.Health", socketPath);
  for (const service of ["", "musicfs.v1.MusicFS", "grpc.health.v1.Health"]) {
    assert.deepEqual(await call(client, "Check", { service }), { status: "SERVING" }, service);
  }
  await assert.rejects(call(client, "Check", { service: "nobody" }), { code: 5 });

  const seen: unknown[] = [];
  const watch = client.Watch?.call(client, { service: "" }) as Bidi;
  for await (const { status } of watch) {
    seen.push(status);
    if (seen.length === 1) stop();
  }
  assert.deepEqual(seen, ["SERVING", "NOT_SERVING"]);
});

for (const version of ["v1", "v1alpha"]) {
  test(`reflection ${version} gives a client that knows no proto what it needs to call`, async (t) => {
    const { socketPath } = await serve(t);
    const name = `grpc.reflection.${version}.ServerReflection`;
    const client = clientOf(t, `grpc/reflection/${version}/reflection.proto`, name, socketPath);
    const [listed, file, method, unknown] = await ask(client, [
      { listServices: "*" },
      { fileContainingSymbol: "musicfs.v1.MusicFS" },
      { fileContainingSymbol: "musicfs.v1.MusicFS.GetStatus" },
      { fileByFilename: "nothing.proto" },
    ]);
    const services = listed?.listServicesResponse.service.map((service) => service.name);
    assert.deepEqual(services?.toSorted(), [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "musicfs.v1.MusicFS",
    ]);
    assert.deepEqual(method?.fileDescriptorResponse, file?.fileDescriptorResponse);
    assert.equal(unknown?.errorResponse.errorCode, 5);

    // A set of files is each of them as field 1.
    const files = file?.fileDescriptorResponse.fileDescriptorProto ?? [];
    const set = Buffer.concat(files.flatMap((bytes) => [Buffer.from([0x0a]), varint(bytes.length), bytes]));
    const loaded = loadPackageDefinition(loadFileDescriptorSetFromBuffer(set, { enums: String }));
    const found = newClient(t, loaded, "musicfs.v1.MusicFS", socketPath);
    const { name: instance, state } = await call(found, "GetStatus", {});
    assert.deepEqual([instance, state], ["found", "INSTANCE_STATE_MOUNTED"]);
  });
}

for (const protocol of ["grpc", "grpcweb", "connect"]) {
  test(`buf curl, a client written in Go, calls by reflection over ${protocol}`, async (t) => {
    const { socketPath, folder } = await serve(t);
    const url = "http://localhost/musicfs.v1.MusicFS/GetStatus";
    const args = [
      "curl",
      "--unix-socket",
      socketPath,
      "--http2-prior-knowledge",
      "--protocol",
      protocol,
      "-d",
      "{}",
      url,
    ];
    const { code, stdout, stderr } = await run([BUF, ...args], {
      env: { PATH: process.env.PATH, HOME: folder },
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { name: "found", state: "INSTANCE_STATE_MOUNTED" });
  });
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
