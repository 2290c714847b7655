import { escapeControls } from "../text.js";

const CLEAR_LINE = "\r\u001b[K";
const MIN_COLUMNS = 20;

/** stderr, with one line at its end that overwrites itself where stderr is a terminal. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Writes whole lines above the changing one. */
  write(lines: string): void;
  /** Replaces the changing line; nothing happens where there is no terminal. */
  show(line: string): void;
  /** Takes the changing line away. */
  clear(): void;
}

export function createScreen(stream: NodeJS.WriteStream): Screen {
  const isTerminal = stream.isTTY === true;
  let shown = "";
  const draw = (): string => (shown === "" ? "" : shown.slice(0, Math.max(MIN_COLUMNS, stream.columns - 1)));
  return {
    isTerminal,
    write(lines) {
      stream.write(shown === "" ? lines : `${CLEAR_LINE}${lines}${draw()}`);
    },
    show(line) {
      if (!isTerminal) return;
      shown = escapeControls(line);
      stream.write(CLEAR_LINE + draw());
    },
    clear() {
      if (shown === "") return;
      shown = "";
      stream.write(CLEAR_LINE);
    },
  };
}
