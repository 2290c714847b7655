import { OriginError } from "musicfs";
import { SaxesParser } from "saxes";

/** One object of a bucket. */
export interface S3Object {
  readonly key: string;
  readonly sizeBytes: number;
  /** In milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly etag: string | undefined;
  /** `STANDARD`, `GLACIER`, …; absent where the server does not say. */
  readonly storageClass: string | undefined;
}

/** A page of a listing. */
export interface S3Page {
  readonly objects: readonly S3Object[];
  /** What the next page is asked for with; absent on the last one. */
  readonly next: string | undefined;
}

/** An error as S3 says it. */
export interface S3Failure {
  readonly code: string;
  readonly message: string;
}

const MAX_DEPTH = 16;
const MAX_TEXT = 8192;
/** A page has 1,000 objects, whatever a server thinks. */
const MAX_OBJECTS = 10_000;

/**
 * Parses the answer to ListObjectsV2.
 *
 * @throws OriginError `wrong`
 */
export function parsePage(xml: string): S3Page {
  const objects: Record<string, string>[] = [];
  const page: Record<string, string> = {};
  let object: Record<string, string> = {};
  walk(xml, "ListBucketResult", (path, text) => {
    if (path === "Contents") {
      objects.push(object);
      object = {};
      if (objects.length > MAX_OBJECTS) fail(`it has more than ${MAX_OBJECTS} objects`);
    } else if (path.startsWith("Contents/")) {
      object[path.slice("Contents/".length)] ??= text;
    } else {
      page[path] ??= text;
    }
  });
  const isTruncated = page.IsTruncated === "true";
  if (isTruncated && !page.NextContinuationToken)
    fail("it says that more follows, and not how to ask for it");
  return {
    // That it was asked for is not enough: some servers do not know it.
    objects: objects.map((fields) => objectOf(fields, page.EncodingType === "url")),
    next: isTruncated ? page.NextContinuationToken : undefined,
  };
}

/** What an error says; `undefined` for what is none of S3. */
export function parseFailure(xml: string): S3Failure | undefined {
  const fields: Record<string, string> = {};
  try {
    walk(xml, "Error", (path, text) => {
      fields[path] ??= text;
    });
  } catch {
    return undefined;
  }
  const { Code: code = "", Message: message = "" } = fields;
  return /^\w{1,100}$/u.test(code) ? { code, message: message.slice(0, 300) } : undefined;
}

function objectOf(fields: Record<string, string>, isEncoded: boolean): S3Object {
  const { Key: key = "", Size: size = "", LastModified: modified = "", ETag: etag, StorageClass } = fields;
  if (key === "" || !/^\d{1,16}$/u.test(size)) fail("it has an object without a key or a size");
  const modifiedMs = Date.parse(modified);
  return {
    key: isEncoded ? decodeKey(key) : key,
    sizeBytes: Number(size),
    // HTTP tells whole seconds, and a file must look the same in a listing and by itself.
    modifiedMs: Number.isNaN(modifiedMs) ? 0 : Math.floor(modifiedMs / 1000) * 1000,
    etag: etag === undefined || etag === "" ? undefined : etag,
    storageClass: StorageClass,
  };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return fail("it has a key that is not encoded as it says");
  }
}

/** Calls `onElement` with the path below the root and the text of each element, when it ends. */
function walk(xml: string, root: string, onElement: (path: string, text: string) => void): void {
  const parser = new SaxesParser({ position: false });
  const path: string[] = [];
  let text = "";
  parser.on("doctype", () => fail("it has a document type, which no server needs"));
  parser.on("error", (error) => fail(error.message));
  parser.on("opentag", ({ name }) => {
    if (path.length === 0 && name !== root) fail(`it begins with <${name}>`);
    if (path.push(name) > MAX_DEPTH) fail(`its elements are more than ${MAX_DEPTH} deep`);
    text = "";
  });
  parser.on("text", (more) => {
    text += more;
    if (text.length > MAX_TEXT) fail(`its <${path.at(-1)}> is too long`);
  });
  parser.on("closetag", () => {
    const below = path.slice(1).join("/");
    path.pop();
    if (below !== "") onElement(below, text);
    text = "";
  });
  parser.write(xml).close();
}

function fail(what: string): never {
  throw new OriginError("wrong", `its answer cannot be understood: ${what.slice(0, 300)}`);
}
