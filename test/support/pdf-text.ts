import { inflateSync } from 'node:zlib';

/** The text of a PDF as our reports are made: deflated streams, and fonts that are subsets with a map back to Unicode. */
export function pdfText(bytes: Uint8Array): string {
  const source = Buffer.from(bytes).toString('latin1');
  const objects = new Map<string, string>();
  for (const [, id = '', content = ''] of source.matchAll(/(\d+) 0 obj\n(.*?)\nendobj/gs)) objects.set(id, content);
  const streamOf = (object = ''): string => {
    const data = /stream\n(.*)\nendstream/s.exec(object)?.[1];
    if (data === undefined) return '';
    const raw = Buffer.from(data, 'latin1');
    return (object.includes('/FlateDecode') ? inflateSync(raw) : raw).toString('latin1');
  };

  const fonts = new Map<string, ReadonlyMap<number, string>>();
  for (const content of objects.values())
    for (const [, name = '', id = ''] of content.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const unicode = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id) ?? '')?.[1];
      if (unicode !== undefined) fonts.set(name, characterMap(streamOf(objects.get(unicode))));
    }

  const lines: string[] = [];
  for (const content of objects.values()) {
    if (!content.includes('stream\n')) continue;
    const drawn = streamOf(content);
    let font: ReadonlyMap<number, string> | undefined;
    for (const [, name, shown] of drawn.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
      if (name !== undefined) font = fonts.get(name);
      else if (font !== undefined) lines.push(decoded(shown ?? '', font));
    }
  }
  return lines.join(' ');
}

/** Glyph to text, by a ToUnicode map. */
function characterMap(map: string): ReadonlyMap<number, string> {
  const characters = new Map<number, string>();
  const text = (hex: string) => Buffer.from(hex.trim().replaceAll(' ', ''), 'hex').swap16().toString('utf16le');
  for (const [, first = '', list = ''] of map.matchAll(/<([\da-f]+)> <[\da-f]+> \[([^\]]*)\]/gi))
    for (const [index, [, hex = '']] of [...list.matchAll(/<([^>]*)>/g)].entries())
      if (hex !== '') characters.set(Number.parseInt(first, 16) + index, text(hex));
  return characters;
}

function decoded(shown: string, font: ReadonlyMap<number, string>): string {
  const glyphs = [...shown.matchAll(/<([\da-f]*)>/gi)].flatMap(([, hex = '']) => hex.match(/.{4}/g) ?? []);
  return glyphs.map((glyph) => font.get(Number.parseInt(glyph, 16)) ?? '').join('');
}
