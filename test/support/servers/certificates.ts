import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../process.js";

/** A key and its certificate (PEM), as a TLS server takes them. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** An authority, and certificates that servers might come with. */
export interface TestCertificates {
  /** The authority's own certificate, PEM. */
  readonly ca: string;
  /** Of the authority, for `localhost`. */
  readonly right: KeyPair;
  readonly expired: KeyPair;
  readonly wrongName: KeyPair;
  /** For `localhost`, and of nobody. */
  readonly selfSigned: KeyPair;
}

/** Makes them with openssl. */
export async function makeCertificates(): Promise<TestCertificates> {
  const folder = mkdtempSync(join(tmpdir(), "musicfs-test-"));
  try {
    return await makeIn(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeIn(folder: string): Promise<TestCertificates> {
  const at = (name: string): string => join(folder, name);
  const openssl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run(["openssl", ...args], { cwd: folder });
    if (code !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const pair = (name: string): KeyPair => ({
    key: readFileSync(at(`${name}.key`), "utf8"),
    cert: readFileSync(at(`${name}.pem`), "utf8"),
  });
  const self = (name: string, subject: string, more: readonly string[] = []): Promise<void> =>
    openssl(
      "req",
      "-x509",
      ...key,
      "-days",
      "30",
      "-subj",
      subject,
      "-keyout",
      at(`${name}.key`),
      "-out",
      at(`${name}.pem`),
      ...more,
    );
  // The tool signs with any dates only as an authority with its own books.
  writeFileSync(at("books"), "");
  writeFileSync(
    at("ca.conf"),
    `[ca]\ndefault_ca = a\n[a]\nnew_certs_dir = ${folder}\ndatabase = ${at("books")}\nrand_serial = yes\ndefault_md = sha256\npolicy = p\nunique_subject = no\ncopy_extensions = copy\n[p]\ncommonName = supplied\n`,
  );
  const signed = async (name: string, host: string, start: string, end: string): Promise<KeyPair> => {
    const request = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
    await openssl("req", "-new", ...key, ...request, "-keyout", at(`${name}.key`), "-out", at(`${name}.csr`));
    const dates = ["-startdate", start, "-enddate", end];
    const authority = ["-config", at("ca.conf"), "-cert", at("ca.pem"), "-keyfile", at("ca.key")];
    await openssl(
      "ca",
      "-batch",
      "-notext",
      ...authority,
      ...dates,
      "-in",
      at(`${name}.csr`),
      "-out",
      at(`${name}.pem`),
    );
    return pair(name);
  };
  await self("ca", "/CN=An authority of tests");
  await self("self", "/CN=localhost", ["-addext", "subjectAltName=DNS:localhost"]);
  const [past, over, future] = ["20200101000000Z", "20200201000000Z", "20990101000000Z"];
  return {
    ca: readFileSync(at("ca.pem"), "utf8"),
    right: await signed("right", "localhost", past, future),
    expired: await signed("expired", "localhost", past, over),
    wrongName: await signed("wrong", "elsewhere.test", past, future),
    selfSigned: pair("self"),
  };
}
