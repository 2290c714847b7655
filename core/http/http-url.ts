import { z } from "zod";

const MAX_LENGTH = 2048;

/**
 * An address of a server in an option: `http://` or `https://`, without a user, a query or a fragment. Its
 * value has no `/` at its end, so that a path can follow.
 */
export function httpUrl() {
  return z
    .string()
    .max(MAX_LENGTH)
    .transform((text, context) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
      if (url && isWeb && !url.username && !url.password && !url.search && !url.hash) {
        return url.href.replace(/\/+$/u, "");
      }
      context.addIssue({
        code: "custom",
        message: 'expected an address such as "http://localhost:8096", without a user or a query',
      });
      return z.NEVER;
    });
}
