import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeMp3 } from "./audio-writer.js";

/** A file whose name is the hostile part of it. */
export interface HostileName {
  /** The name as the disk has it: bytes, which need not be UTF-8. */
  readonly name: Buffer;
  readonly why: string;
}

const NAMES: readonly (readonly [name: string | Buffer, why: string])[] = [
  ["new\nline.mp3", "a newline"],
  ["bell\x07 and \x1b[31mred.mp3", "control characters"],
  ["back\\slash.mp3", "a backslash"],
  ["-rf.mp3", "a leading dash"],
  [" leading and trailing .mp3 ", "spaces at both ends: no known extension"],
  ["trailing dots...mp3...", "trailing dots: no known extension"],
  ["'single' \"double\" `back`.mp3", "quotes"],
  ["$(reboot);&|*?.mp3", "what a shell would take for its own"],
  ["over\u202Eride.mp3", "a right-to-left override"],
  ["Caf\u00e9.mp3", "an accent in one character: the twin of the next"],
  ["Cafe\u0301.mp3", "the same name with a combining accent"],
  ["UPPER.mp3", "upper case: the twin of the next"],
  ["upper.mp3", "the same name in lower case"],
  ["SHOUTED.MP3", "an extension in upper case"],
  [`${"夜".repeat(83)}ab.mp3`, "exactly 255 bytes"],
  [".hidden.mp3", "a leading dot"],
  [".mp3", "an extension and nothing else"],
  ["no extension", "audio without an extension"],
  [Buffer.from("caf\xe9.mp3", "latin1"), "latin1, which is not UTF-8"],
  [
    Buffer.concat([Buffer.of(0xed, 0xa0, 0x80), Buffer.from(".mp3")]),
    "half a surrogate pair, which is not UTF-8",
  ],
];

/** Writes good, tagged MP3 files under hostile names; each tells in its comment why it is there. */
export function writeHostileNames(dir: string): HostileName[] {
  mkdirSync(dir, { recursive: true });
  return NAMES.map(([text, why], index) => {
    const name = Buffer.from(text);
    const path = Buffer.concat([Buffer.from(join(dir, "/")), name]);
    writeFileSync(
      path,
      writeMp3({ title: `Named oddly ${index + 1}`, artists: ["Nobody"], comment: why }, { seed: index }),
    );
    return { name, why };
  });
}
