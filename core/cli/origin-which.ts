import { OriginState, type Source, SourceProof } from "../control/gen/musicfs/v1/origins_pb.js";
import { plainOf } from "../control/plain.js";
import { wordOf } from "../control/words.js";
import { escapeControls } from "../text.js";
import { askAboutPath } from "./about-path.js";
import type { GlobalOptions } from "./context.js";
import { formatTable } from "./format.js";
import { printJson, printLine } from "./output.js";

/** `musicfs origin which PATH` @throws `MFS_NOT_FOUND` when no track lies there. */
export async function showSources(
  path: string,
  { json, ...flags }: GlobalOptions & { json?: boolean },
): Promise<void> {
  const answer = await askAboutPath(path, flags, (client, request, options) =>
    client.listSources(request, options),
  );
  if (json) return printJson({ path: answer.path, sources: answer.sources.map(describe) });
  const rows = answer.sources.map((source) => [
    source.read ? "*" : "",
    source.originId,
    source.path,
    String(source.priority),
    wordOf(OriginState, source.state),
    proofWord(source),
    source.reason,
  ]);
  const header = ["READ", "ORIGIN", "PATH", "PRIORITY", "STATE", "BYTES", "WHY"];
  for (const line of formatTable(header, rows)) printLine(escapeControls(line));
}

function describe(source: Source) {
  return { ...plainOf(source), state: wordOf(OriginState, source.state), proof: proofWord(source) };
}

function proofWord({ proof }: Source): string {
  return proof === SourceProof.UNSPECIFIED ? "unknown" : wordOf(SourceProof, proof);
}
