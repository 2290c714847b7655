import { OriginError } from "musicfs";
import { isNotThere, originErrorOf } from "./errors.js";
import { kindOf } from "./file-kind.js";
import { requireType, resolveOn, type Session } from "./session.js";
import type { Attributes } from "./wire/fields.js";
import { ANSWER, REQUEST } from "./wire/protocol.js";

/** What is at a path, and where it really is. */
export interface Found {
  readonly attributes: Attributes;
  /** Without links. */
  readonly realPath: Buffer;
}

/** @throws OriginError unless the root is a folder: without it, nothing can be said to be gone. */
export async function requireRoot(session: Session): Promise<void> {
  const root = session.locate("");
  const found = await attributesOf(session, root, REQUEST.stat).catch((error: unknown) => {
    if (isNotThere(error)) throw new OriginError("unavailable", `there is no folder ${root} on the server`);
    throw originErrorOf(error, root.toString());
  });
  if (kindOf(found) === "folder") return;
  throw new OriginError("unavailable", `${root} on the server is no folder`);
}

/**
 * Looks at a path, following links or not; `undefined` when there is nothing.
 *
 * @throws StatusError, OriginError
 */
export async function lookAt(
  session: Session,
  path: string,
  followLinks: boolean,
): Promise<Found | undefined> {
  const location = session.locate(path);
  const [attributes, realPath] = await Promise.allSettled([
    attributesOf(session, location, followLinks ? REQUEST.stat : REQUEST.lstat),
    resolveOn(session.channel, location),
  ]);
  if (attributes.status === "fulfilled" && realPath.status === "fulfilled") {
    return { attributes: attributes.value, realPath: realPath.value };
  }
  const reason =
    attributes.status === "rejected" ? attributes.reason : (realPath as PromiseRejectedResult).reason;
  if (isNotThere(reason)) return undefined;
  throw reason;
}

/** Whether a path may name a file of an origin: it leads nowhere else. */
export function isInside(path: string): boolean {
  if (path.includes("\0")) return false;
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

async function attributesOf(session: Session, location: Buffer, request: number): Promise<Attributes> {
  const { type, fields } = await session.channel.request(request, location);
  requireType(type, ANSWER.attrs);
  return fields.attributes();
}
