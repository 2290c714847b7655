/**
 * C0 and C1 control characters, DEL, and marks that end lines or reorder text: what a name from a tag could
 * play tricks on a terminal or a log with.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text on one line, with all that a terminal might obey written out: `\n`, `\u001b`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, escapeOf);
}

/** Like {@link escapeControls}, for text that may have several lines. */
export function escapeControlsInLines(text: string): string {
  return text.split("\n").map(escapeControls).join("\n");
}

/** JSON on one line that is safe to show on a terminal; it parses to the same value. */
export function safeJson(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** Escapes in JSON text what JSON itself lets through. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) => (character === "\n" ? character : unicodeEscape(character)));
}

function escapeOf(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  if (character === "\r") return "\\r";
  return unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
