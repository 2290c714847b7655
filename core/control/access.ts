import { createHash, timingSafeEqual } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import type { HttpRequest } from "./http-server.js";

/** Who may call over TCP. */
export interface Access {
  /** What stands after `Bearer ` in the header `Authorization`. */
  readonly token: string;
  /** Names by which the server may be called, without a port: what a web page could make resolve to us is none. */
  readonly hosts: readonly string[];
}

export interface Refusal {
  readonly status: 401 | 403;
  /** As Connect names it. */
  readonly code: "unauthenticated" | "permission_denied";
  readonly message: string;
}

/** Why a request is not answered; `undefined` when it is. */
export function refusalOf(request: HttpRequest, { token, hosts }: Access): Refusal | undefined {
  const { headers } = request;
  const host = hostOf(headers[":authority"] ?? headers.host);
  if (host === undefined || !hosts.includes(host)) {
    return denied("the server is not called by a name that control.tcp.allowedHosts or control.tcp.host has");
  }
  // Only browsers send it, and no page of ours exists.
  if (headers.origin !== undefined) return denied("web pages are not answered");
  if (!isToken(headers.authorization, token)) {
    return {
      status: 401,
      code: "unauthenticated",
      message: "send the token: 'Authorization: Bearer …'",
    };
  }
  return undefined;
}

/** Whether only this machine can reach an address. A name is not looked up: it may mean anything. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** The name in a `Host` header, lower case, without its port; an IPv6 address without its brackets. */
function hostOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/u.exec(header)?.[1];
  if (bracketed !== undefined) return isIPv6(bracketed) ? bracketed.toLowerCase() : undefined;
  return /^([^:]+)(?::\d{1,5})?$/u.exec(header)?.[1]?.toLowerCase();
}

// Of equal length whatever is sent, so that the time tells nothing.
function isToken(header: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/iu.exec(header ?? "")?.[1] ?? "";
  return timingSafeEqual(digestOf(sent), digestOf(token));
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function denied(message: string): Refusal {
  return { status: 403, code: "permission_denied", message };
}
