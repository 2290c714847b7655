const HREF = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/iu;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/giu;
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** Longest tag that is looked into, in characters. */
const MAX_TAG = 16_384;

/**
 * The addresses that a page links to, as they stand there, without what makes HTML of them. Takes time by the length of the
 * page, whatever stands in it.
 */
export function* linksOf(html: string): Generator<string> {
  for (let at = html.indexOf("<"); at >= 0; ) {
    const end = html.indexOf(">", at);
    if (end < 0) return;
    const isLink = /^<a\s/iu.test(html.slice(at, at + 3));
    const [, double, single, bare] = (isLink && HREF.exec(html.slice(at, Math.min(end, at + MAX_TAG)))) || [];
    const link = double ?? single ?? bare;
    if (link !== undefined) yield decodeEntities(link);
    at = html.indexOf("<", end);
  }
}

function decodeEntities(text: string): string {
  return text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
      ? String.fromCodePoint(code)
      : whole;
  });
}
