import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import { directAccessOf } from "../library/library-origin.js";
import type { GuardedOrigin } from "../origins/guards.js";
import type { OriginState as State } from "../origins/health.js";
import { OriginState, SourceProof, type SourceSchema } from "./gen/musicfs/v1/origins_pb.js";

export const ORIGIN_STATES: Readonly<Record<State, OriginState>> = {
  connected: OriginState.CONNECTED,
  degraded: OriginState.DEGRADED,
  disconnected: OriginState.DISCONNECTED,
  auth: OriginState.AUTH,
};

type SourceMessage = MessageInitShape<typeof SourceSchema>;
interface Known {
  readonly row: FileRow;
  readonly source: GuardedOrigin | undefined;
  readonly isEqual: boolean | undefined;
}

/** The sources of what is shown, the one that is read first. */
export function sourcesOf(
  catalogue: Catalogue,
  origins: readonly GuardedOrigin[],
  shown: FileRow,
): SourceMessage[] {
  const byNumber = new Map(origins.map((source) => [source.number, source]));
  const known = catalogue.sources.membersOf(shown).map((row): Known => {
    const isEqual = row.id === shown.id ? true : catalogue.sources.proofOf(shown, row);
    return { row, source: byNumber.get(row.originNumber), isEqual };
  });
  // As it is read: sound before unsound, then by priority, then what is shown.
  const rank = ({ row, source, isEqual }: Known): number[] => [
    isEqual === true && source ? 0 : 1,
    source?.guard.health.isSound ? 0 : source?.guard.health.state === "degraded" ? 1 : 2,
    -(source?.guard.settings.priority ?? 0),
    row.id === shown.id ? 0 : 1,
  ];
  const ordered = [...known].sort((a, b) => compare(rank(a), rank(b)));
  const isOpened = known.some(
    ({ row, source }) => row.id === shown.id && source && directAccessOf(source.origin),
  );
  const read = isOpened ? known.find(({ row }) => row.id === shown.id) : ordered[0];
  return [read, ...ordered.filter((each) => each !== read)].flatMap((each) =>
    each ? [messageOf(each, shown, each === read)] : [],
  );
}

function messageOf({ row, source, isEqual }: Known, shown: FileRow, isRead: boolean): SourceMessage {
  const state = source?.guard.health.state;
  return {
    originId: source?.origin.id ?? "",
    path: row.path,
    shown: row.id === shown.id,
    read: isRead,
    proof: proofOf(isEqual),
    priority: source?.guard.settings.priority ?? 0,
    state: state === undefined ? OriginState.UNSPECIFIED : ORIGIN_STATES[state],
    reason: reasonOf({ row, source, isEqual }, shown, isRead),
  };
}

function reasonOf({ row, source, isEqual }: Known, shown: FileRow, isRead: boolean): string {
  if (!source) return "its origin is not configured now";
  const { health } = source.guard;
  if (isRead && row.id === shown.id && directAccessOf(source.origin)) return "it is opened on this disk";
  if (isEqual === false) return "its bytes differ: it is never read in place of the one that is shown";
  if (isEqual === undefined) return "its bytes were not compared yet";
  if (!health.isSound) return `its origin is ${health.state}${health.error ? `: ${health.error}` : ""}`;
  if (isRead) return row.id === shown.id ? "it is the preferred one" : "the preferred one is not well";
  return "it is read when the one before it fails, or stands still for 3 s";
}

function proofOf(isEqual: boolean | undefined): SourceProof {
  if (isEqual === undefined) return SourceProof.UNSPECIFIED;
  return isEqual ? SourceProof.EQUAL : SourceProof.DIFFERENT;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
