import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { requireOrigin } from "../require-origin.js";

/** Problems in one message of a stream. */
const PAGE = 500;

export function scanMethods({ catalogue, origins }: ControlContext): Pick<Methods, "getScanReport"> {
  return {
    async *getScanReport({ originId, reason, limit }, { signal }) {
      const origin = originId === undefined ? undefined : requireOrigin(origins, originId).number;
      const filter = { originNumber: origin, code: reason };
      let left = limit ?? Number.POSITIVE_INFINITY;
      for (let after: { originNumber: number; path: string } | undefined; left > 0; ) {
        signal.throwIfAborted();
        const rows = catalogue.problems.after(after, filter, Math.min(PAGE, left));
        if (rows.length === 0) break;
        left -= rows.length;
        after = rows.at(-1);
        yield {
          problems: rows.map(({ originId: id, path, code, detail }) => ({
            originId: id,
            path,
            reason: code,
            detail,
          })),
        };
      }
      for (const source of origins) {
        if (originId !== undefined && source.origin.id !== originId) continue;
        const refused = (source.refused?.list() ?? []).filter(
          (file) => reason === undefined || file.reason === reason,
        );
        for (let at = 0; at < refused.length && left > 0; at += PAGE) {
          signal.throwIfAborted();
          const problems = refused.slice(at, at + Math.min(PAGE, left));
          left -= problems.length;
          yield { problems: problems.map((file) => ({ originId: source.origin.id, ...file })) };
        }
      }
    },
  };
}
