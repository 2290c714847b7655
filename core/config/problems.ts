import { z } from "zod";
import { suggestionOf } from "./nearest.js";

const WRAPPERS = [
  z.ZodOptional,
  z.ZodNullable,
  z.ZodDefault,
  z.ZodPrefault,
  z.ZodReadonly,
  z.ZodNonOptional,
  z.ZodCatch,
];

type Issue = z.core.$ZodIssue;

/** One thing that is wrong, with where it stands. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  /** `expected string, received number` */
  readonly message: string;
}

/** Turns what zod found into one problem each, with the nearest known key for an unknown one. */
export function describeIssues(schema: z.ZodType, issues: readonly Issue[]): Problem[] {
  return issues.flatMap((issue) => describe(schema, issue));
}

/** A place in a config as a person writes it: `plugins[1].size`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const name = String(key);
    if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

function describe(schema: z.ZodType, issue: Issue): Problem[] {
  if (issue.code === "unrecognized_keys") return describeUnknownKeys(schema, issue);
  if (issue.code === "invalid_union") return describeUnion(schema, issue);
  return [{ path: issue.path, message: messageOf(issue) }];
}

function describeUnknownKeys(schema: z.ZodType, issue: Issue & { readonly keys: string[] }): Problem[] {
  const known = keysAt(schema, issue.path);
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message: `unknown key${suggestionOf(key, known)}`,
  }));
}

// A union fails in each of its branches. Those that were not even of the given type say nothing, unless all
// of them are.
function describeUnion(schema: z.ZodType, issue: z.core.$ZodIssueInvalidUnion): Problem[] {
  const isOther = (branch: readonly Issue[]): boolean =>
    branch.some(({ code, path }) => code === "invalid_type" && path.length === 0);
  const fitting = issue.errors.filter((branch) => !isOther(branch));
  const [only] = fitting;
  if (only && fitting.length === 1) {
    return only.flatMap((inner) => describe(schema, { ...inner, path: [...issue.path, ...inner.path] }));
  }
  const branches = fitting.length > 0 ? fitting : issue.errors;
  const messages = new Set(branches.flatMap((branch) => branch.slice(0, 1).map(messageOf)));
  return [{ path: issue.path, message: joinExpectations([...messages]) || messageOf(issue) }];
}

// "expected number, received boolean", "expected string, received boolean"
//   → "expected number or string, received boolean"
function joinExpectations(messages: readonly string[]): string {
  const parts = messages.map((message) => /^expected (.+), received (.+)$/u.exec(message));
  const received = parts[0]?.[2];
  const expected = parts.flatMap((part) => (part && part[2] === received ? [part[1]] : []));
  if (received !== undefined && expected.length === messages.length) {
    return `expected ${expected.join(" or ")}, received ${received}`;
  }
  return messages.join(", or ");
}

function messageOf(issue: Issue): string {
  const message = issue.message.replace(/^(Invalid|Too)[a-z ]*: /u, "");
  if (issue.code === "invalid_type" && message.endsWith(", received undefined")) {
    return `is missing (${message.replace(", received undefined", "")})`;
  }
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType[] = [schema];
  for (const key of path) at = at.flatMap((type) => childrenOf(type, key));
  return at.flatMap((type) => plain(type)).flatMap((type) => Object.keys(shapeOf(type) ?? {}));
}

function childrenOf(type: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  return plain(type).flatMap((inner) => {
    if (inner instanceof z.ZodArray) return [inner.element];
    if (inner instanceof z.ZodRecord) return [inner.valueType];
    const child = shapeOf(inner)?.[String(key)];
    return child ? [child] : [];
  });
}

// What lies below defaults, optionals, pipes and unions.
function plain(type: z.core.$ZodType): z.core.$ZodType[] {
  if (type instanceof z.ZodPipe) return plain(type.in);
  if (type instanceof z.ZodUnion) return type.options.flatMap(plain);
  if (WRAPPERS.some((wrapper) => type instanceof wrapper)) return plain((type as z.ZodOptional).unwrap());
  return [type];
}

function shapeOf(type: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  return type instanceof z.ZodObject ? type.shape : undefined;
}
