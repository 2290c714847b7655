import type { MessageInitShape } from "@bufbuild/protobuf";
import { MAX_HITS, type SearchQuery } from "../../model/search-engine.js";
import { highlightsOf } from "../../search/highlights.js";
import { parseField } from "../../search/query.js";
import type { Findings, FoundTrack } from "../../search/search.js";
import type { ControlContext } from "../context.js";
import type { SearchHitSchema } from "../gen/musicfs/v1/search_pb.js";
import type { Methods } from "../methods.js";

const DEFAULT_LIMIT = 100;
/** Hits in one message of a stream. */
const BATCH = 50;
/** Fields that a request may name; each makes the query longer. */
const MAX_FIELDS = 10;
const HIGHLIGHTED = ["title", "artist", "album"] as const;

export function searchMethods({
  search,
  catalogue,
}: ControlContext): Pick<Methods, "search" | "searchStream"> {
  return {
    async search(request, { signal }) {
      const startedMs = performance.now();
      const found = await find(request, signal);
      const suggestions = found.hits.length === 0 ? await search.suggest(request.query, signal) : [];
      return {
        hits: found.hits.map((hit) => hitMessage(hit, found.query)),
        indexing: isIndexing(found),
        suggestions,
        durationMs: performance.now() - startedMs,
        ...(found.total === undefined ? {} : { total: found.total }),
        indexedTracks: found.progress.tracks,
      };
    },
    async *searchStream(request, { signal }) {
      const found = await find(request, signal);
      const indexing = isIndexing(found);
      // One message at least, since it tells whether tracks may be missing.
      for (let at = 0; at === 0 || at < found.hits.length; at += BATCH) {
        const hits = found.hits.slice(at, at + BATCH).map((hit) => hitMessage(hit, found.query));
        yield { hits, indexing };
      }
    },
  };

  function find(request: Request, signal: AbortSignal): Promise<Findings> {
    const { query, limit = DEFAULT_LIMIT, fields } = request;
    const inFields = [...new Set(fields.slice(0, MAX_FIELDS).map(parseField))];
    return search.find(query, { limit: Math.min(limit, MAX_HITS), fields: inFields, signal });
  }

  function hitMessage(
    { ino, score, track }: FoundTrack,
    query: SearchQuery,
  ): MessageInitShape<typeof SearchHitSchema> {
    const { title, artist, album, year, audio } = track;
    return {
      path: catalogue.tree.pathOf(ino) ?? "",
      score,
      title,
      artist,
      album,
      ...(year === undefined ? {} : { year }),
      ...(audio.durationMs === undefined ? {} : { durationMs: audio.durationMs }),
      highlights: HIGHLIGHTED.flatMap((field) =>
        highlightsOf(track[field], query, field).map((piece) => ({ field, ...piece })),
      ),
    };
  }
}

interface Request {
  readonly query: string;
  readonly limit?: number | undefined;
  readonly fields: readonly string[];
}

function isIndexing({ progress }: Findings): boolean {
  return progress.state !== "ready";
}
