import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, resolvePath } from "../config/paths.js";
import { MusicfsError, messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { hideSecret } from "./redaction.js";
import type { Secret } from "./secret.js";

export interface SecretPlaces {
  readonly configDir: string;
  readonly env: Environment;
  readonly log: Logger;
}

const MAX_FILE_BYTES = 64 * 1024;

/**
 * Reads a secret where it is kept; from then on it is hidden wherever text of this process is shown. A line
 * break at the end of a file is not part of it.
 *
 * @throws `MFS_SECRET_UNAVAILABLE`, naming the place.
 */
export async function readSecret({ source }: Secret, places: SecretPlaces): Promise<string> {
  const value = await read(source, places);
  if (value === "") throw unavailable(`${placeOf(source)} is empty`);
  hideSecret(value);
  return value;
}

async function read(source: Secret["source"], { configDir, env, log }: SecretPlaces): Promise<string> {
  if (typeof source === "string") return source;
  if ("env" in source) {
    const value = env[source.env];
    if (value === undefined) throw unavailable(`${placeOf(source)} is not set`);
    return value;
  }
  if ("file" in source) return readFile(resolvePath(source.file, configDir, env), placeOf(source), log);
  const folder = env.CREDENTIALS_DIRECTORY;
  if (!folder) {
    throw unavailable(
      `${placeOf(source)} is not there: systemd gave this process no credentials`,
      `Add LoadCredential=${source.credential}:/path/to/the/secret to the unit.`,
    );
  }
  return readFile(join(folder, source.credential), placeOf(source));
}

async function readFile(path: string, place: string, log?: Logger): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      if (log) await warnIfOpenToOthers(file, path, log);
      return await textOf(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unavailable(`${place} cannot be read: ${messageOf(error)}`);
  }
}

async function textOf(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_FILE_BYTES + 1), position: 0 });
  if (bytesRead > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`);
  return buffer.toString("utf8", 0, bytesRead).replace(/\r?\n$/u, "");
}

async function warnIfOpenToOthers(file: FileHandle, path: string, log: Logger): Promise<void> {
  const { mode } = await file.stat();
  if ((mode & 0o004) === 0) return;
  log.warn(`every user of this machine can read the secret in ${path}; type: chmod o-r ${path}`);
}

function placeOf(source: Secret["source"]): string {
  if (typeof source === "string") return "the secret in the config";
  if ("env" in source) return `the secret's environment variable ${source.env}`;
  return "file" in source
    ? `the secret's file ${source.file}`
    : `the secret's credential '${source.credential}'`;
}

function unavailable(message: string, hint?: string): MusicfsError {
  return new MusicfsError("MFS_SECRET_UNAVAILABLE", message, hint === undefined ? {} : { hint });
}
