import { OriginError } from "musicfs";
import { SaxesParser, type SaxesTagNS } from "saxes";

/** What a server says of one file or folder. */
export interface DavEntry {
  /** As it stands in the answer: an address or the path of one, encoded. */
  readonly href: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number | undefined;
  /** In milliseconds since 1970. */
  readonly modifiedMs: number | undefined;
  readonly etag: string | undefined;
  /** As ownCloud and Nextcloud have them: `SHA1:… MD5:…`. */
  readonly checksums: string | undefined;
}

const DAV = "DAV:";
const OWNCLOUD = "http://owncloud.org/ns";
/** Elements in each other at most. */
const MAX_DEPTH = 32;
/** Longest text of an element that is looked at, in characters. */
const MAX_TEXT = 16_384;

/** Asks for what {@link MultistatusParser} reads, and for no more. */
export const PROPFIND_BODY =
  '<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop>' +
  "<D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/></D:prop></D:propfind>";

/** Asks for the checksums of a file, too, which only ownCloud, Nextcloud and their like have. */
export const CHECKSUM_BODY = PROPFIND_BODY.replace(
  "</D:prop>",
  `<o:checksums xmlns:o="${OWNCLOUD}"/></D:prop>`,
);

/**
 * Parses the answer to PROPFIND (RFC 4918, 14.16) while it arrives. It is hostile until proven otherwise: a document type is
 * refused, and with it all entities of one's own; nesting and texts are bounded.
 *
 * @throws OriginError `wrong`, from `write` and `end`.
 */
export class MultistatusParser {
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #path: string[] = [];
  #entries: DavEntry[] = [];
  #text = "";
  #response: Draft = {};
  #propstat: Draft = {};

  constructor() {
    this.#parser.on("doctype", () => fail("it has a document type, which no WebDAV server needs"));
    this.#parser.on("error", (error) => fail(error.message));
    this.#parser.on("opentag", (tag) => this.#open(tag));
    this.#parser.on("closetag", (tag) => this.#close(tag));
    this.#parser.on("text", (text) => {
      this.#text = (this.#text + text).slice(0, MAX_TEXT + 1);
    });
  }

  /** Takes more of the document. @returns what is complete by it. */
  write(text: string): DavEntry[] {
    this.#parser.write(text);
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** The document is over. @throws when it is not whole. */
  end(): void {
    this.#parser.close();
  }

  #open({ uri, local }: SaxesTagNS): void {
    const name = uri === DAV ? local : `{${uri === OWNCLOUD ? "o" : ""}}${local}`;
    this.#path.push(name);
    this.#text = "";
    const depth = this.#path.length;
    if (depth > MAX_DEPTH) fail(`its elements are more than ${MAX_DEPTH} deep`);
    if (depth === 1 && name !== "multistatus") fail(`it begins with <${local}>`);
    if (depth === 2) this.#response = {};
    if (depth === 3) this.#propstat = {};
    if (name === "collection" && this.#path.at(-2) === "resourcetype") this.#propstat.isFolder = true;
  }

  #close(_: SaxesTagNS): void {
    const name = this.#path.at(-1);
    const parent = this.#path.slice(0, -1).join("/");
    if (parent === "multistatus/response") this.#closeInResponse(name);
    else if (parent === "multistatus/response/propstat/prop") this.#closeProperty(name);
    else if (parent === "multistatus/response/propstat/prop/{o}checksums" && name === "{o}checksum")
      this.#propstat.checksums = this.#text.trim();
    else if (parent === "multistatus/response/propstat" && name === "status")
      this.#propstat.status = this.#text;
    else if (parent === "multistatus" && name === "response") this.#closeResponse();
    this.#path.pop();
    this.#text = "";
  }

  #closeProperty(name: string | undefined): void {
    const text = this.#text.trim();
    if (text.length > MAX_TEXT) fail(`its <${name}> is too long`);
    if (name === "getcontentlength" && /^\d{1,16}$/u.test(text)) this.#propstat.sizeBytes = Number(text);
    if (name === "getlastmodified") this.#propstat.modifiedMs = timeOf(text);
    if (name === "getetag" && text !== "") this.#propstat.etag = text;
  }

  #closeInResponse(name: string | undefined): void {
    if (name === "href") {
      if (this.#text.length > MAX_TEXT) fail("its <href> is too long");
      this.#response.href ??= this.#text.trim();
    }
    if (name === "status") this.#response.status = this.#text;
    // What a file does not have comes as empty elements with the status 404.
    if (name === "propstat" && isGood(this.#propstat.status)) {
      const { status: _, ...properties } = this.#propstat;
      Object.assign(this.#response, properties);
    }
  }

  #closeResponse(): void {
    const { href, status, isFolder = false, sizeBytes, modifiedMs, etag, checksums } = this.#response;
    if (href === undefined || (status !== undefined && !isGood(status))) return;
    this.#entries.push({ href, isFolder, sizeBytes, modifiedMs, etag, checksums });
  }
}

interface Draft {
  href?: string;
  status?: string;
  isFolder?: boolean;
  sizeBytes?: number;
  modifiedMs?: number | undefined;
  etag?: string;
  checksums?: string;
}

function isGood(status: string | undefined): boolean {
  return /^\s*HTTP\/\d(\.\d)? 2\d\d/u.test(status ?? "");
}

function timeOf(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

function fail(what: string): never {
  throw new OriginError("wrong", `its list of files cannot be understood: ${what.slice(0, 300)}`);
}
