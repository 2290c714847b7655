import {
  createRegistry,
  type DescFile,
  type MessageInitShape,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type {
  ServerReflection,
  ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.js";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;
type Request = Pick<ServerReflectionRequest, "host" | "messageRequest">;

/** Longest stream of questions. */
const MAX_QUESTIONS = 1000;

/**
 * `grpc.reflection`: tells what is served. The messages of version 1 and of its alpha are the same but for the
 * package, so that one answers both.
 */
export function reflectionMethods(files: readonly DescFile[]): ServiceImpl<typeof ServerReflection> {
  const served = withImports(files);
  const services = files.flatMap((file) => file.services.map(({ typeName }) => ({ name: typeName })));
  return {
    async *serverReflectionInfo(requests: AsyncIterable<Request>) {
      let questions = 0;
      for await (const { host, messageRequest } of requests) {
        questions += 1;
        if (questions > MAX_QUESTIONS) return;
        const originalRequest = { host, messageRequest };
        yield {
          validHost: host,
          originalRequest,
          messageResponse: answer(served, services, messageRequest),
        };
      }
    },
  };
}

interface Served {
  readonly files: ReadonlyMap<string, DescFile>;
  readonly registry: Registry;
}

function answer(
  { files, registry }: Served,
  services: readonly { readonly name: string }[],
  { case: question, value }: ServerReflectionRequest["messageRequest"],
): Answer {
  switch (question) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: [...services] } };
    case "fileByFilename":
      return fileAnswer(files.get(value), value);
    case "fileContainingSymbol":
      return fileAnswer(fileOf(registry, value), value);
    case "fileContainingExtension":
      return notFound(`extension ${value.extensionNumber} of ${value.containingType}`);
    case "allExtensionNumbersOfType":
      return { case: "allExtensionNumbersResponse", value: { baseTypeName: value } };
    default:
      return {
        case: "errorResponse",
        value: { errorCode: Code.InvalidArgument, errorMessage: "nothing was asked" },
      };
  }
}

// A method or a field is found by what declares it.
function fileOf(registry: Registry, symbol: string): DescFile | undefined {
  const found = registry.get(symbol) ?? registry.get(symbol.slice(0, Math.max(0, symbol.lastIndexOf("."))));
  return found?.file;
}

function fileAnswer(file: DescFile | undefined, name: string): Answer {
  if (!file) return notFound(name);
  const { files } = withImports([file]);
  const bytes = [...files.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto: bytes } };
}

// A set is gone through to its end, also while it grows.
function withImports(files: readonly DescFile[]): Served {
  const all = new Set(files);
  for (const { dependencies } of all) for (const dependency of dependencies) all.add(dependency);
  return {
    files: new Map([...all].map((file) => [file.proto.name, file])),
    registry: createRegistry(...all),
  };
}

function notFound(what: string): Answer {
  return { case: "errorResponse", value: { errorCode: Code.NotFound, errorMessage: `there is no ${what}` } };
}
