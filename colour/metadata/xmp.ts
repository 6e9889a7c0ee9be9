/**
 * Adds what is said of a result to a photo's XMP, and leaves every other byte.
 *
 * Only properties that describe the photo's own pixels change: orientation, size, colour space, thumbnails. XMP specification,
 * part 1 (ISO 16684-1) and part 2; IPTC Photo Metadata Standard, "Digital Source Type".
 */
import {
  CHANGED,
  EVENT,
  IPTC_EXTENSION,
  OURS,
  RDF,
  XMP,
  XMP_MM,
  type ResultFacts,
} from './xmp-properties.ts';
import { tagsOf, type Attribute, type Tag } from './xml.ts';

export const SOFTWARE = 'ddcolor-elastic';
/** A model has changed the picture and has not made it up. */
export const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced';

/** A packet of a photo that is well-formed, with the places where a result changes it. */
export interface Xmp {
  text: string;
  edits: Edit[];
  /** Where the description of the result goes; `</rdf:RDF>` follows. */
  end: number;
  /** What `rdf:about` of the photo's descriptions says. */
  about: string;
  /** The photo's own properties, which ours must not replace. */
  has: { tool: boolean; sourceType: boolean; history: boolean };
}

interface Edit {
  from: number;
  to: number;
  text: (facts: ResultFacts) => string;
}

const isChanged = ({ uri, local }: Attribute | Tag) =>
  uri === OURS || Object.hasOwn(CHANGED[uri] ?? {}, local);

/** A tenth of a second to read. */
const MOST_READ = 1 << 20;

/** @returns undefined when it is not well-formed RDF in UTF-8 or UTF-16, or has more than a megabyte */
export function readXmp(bytes: Uint8Array): Xmp | undefined {
  if (bytes.length > MOST_READ) return undefined;
  try {
    return new Reader(decoded(bytes)).read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** @throws TypeError for bytes that are not of the encoding */
function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const big = first === 0xfe || first === 0;
  const little = first === 0xff || second === 0;
  const name = big ? 'utf-16be' : little ? 'utf-16le' : 'utf-8';
  const text = new TextDecoder(name, { fatal: true }).decode(bytes);
  let end = text.length;
  while (text[end - 1] === '\0') end--;
  // A declaration may name an encoding other than the result's.
  const from = text.startsWith('<?xml ') ? text.indexOf('?>') + 2 : 0;
  return text.slice(from, end);
}

class Reader {
  private readonly xmp: Xmp;
  /** Of `rdf:RDF`. */
  private depth: number | undefined;
  /** The property that is being read, when it is changed as a whole or is the history. */
  private property: Tag | undefined;
  private described = false;
  private appended = false;

  constructor(text: string) {
    this.xmp = {
      text,
      edits: [],
      end: -1,
      about: '',
      has: { tool: false, sourceType: false, history: false },
    };
  }

  read(): Xmp {
    for (const tag of tagsOf(this.xmp.text)) this.visit(tag);
    if (this.xmp.end < 0) throw new SyntaxError('no RDF');
    return this.xmp;
  }

  private visit(tag: Tag): void {
    if (this.depth === undefined) {
      if (tag.uri !== RDF || tag.local !== 'RDF' || this.xmp.end >= 0) return;
      if (tag.kind === 'empty') this.expand(tag);
      else this.depth = tag.depth;
      return;
    }
    const depth = tag.depth - this.depth;
    if (depth === 0) this.finish(tag);
    else if (depth === 1 && tag.kind !== 'close') this.description(tag);
    else if (depth === 2) this.element(tag);
    else if (depth === 3) this.append(tag);
  }

  private finish(tag: Tag): void {
    this.xmp.end = tag.from;
    this.depth = undefined;
  }

  /** `<rdf:RDF/>` gets an end tag. */
  private expand({ name, to }: Tag): void {
    this.xmp.text = `${this.xmp.text.slice(0, to - 2)}></${name}>${this.xmp.text.slice(to)}`;
    this.xmp.end = to - 1;
  }

  private description({ attributes }: Tag): void {
    for (const attribute of attributes) {
      if (attribute.uri === RDF && attribute.local === 'about' && !this.described) {
        this.described = true;
        this.xmp.about = attribute.value.replaceAll('"', '&quot;');
      }
      this.note(attribute);
      if (!isChanged(attribute)) continue;
      const value = CHANGED[attribute.uri]?.[attribute.local];
      this.xmp.edits.push(
        value
          ? { from: attribute.valueFrom, to: attribute.valueTo, text: (facts) => `${value(facts)}` }
          : { from: attribute.from, to: attribute.to, text: () => '' },
      );
    }
  }

  private element(tag: Tag): void {
    if (tag.kind !== 'close') {
      this.note(tag);
      this.property = tag;
    }
    if (tag.kind !== 'open' && this.property && isChanged(this.property)) {
      const { name, from, uri, local } = this.property;
      const value = CHANGED[uri]?.[local];
      const text = (facts: ResultFacts) => (value ? `<${name}>${value(facts)}</${name}>` : '');
      this.xmp.edits.push({ from, to: tag.to, text });
    }
  }

  /** Adds an event to the photo's history. */
  private append(tag: Tag): void {
    const isHistory = this.property?.uri === XMP_MM && this.property.local === 'History';
    if (!isHistory || this.appended || tag.uri !== RDF || tag.local !== 'Seq' || tag.kind === 'open') return;
    this.appended = true;
    const { kind, name, from, to } = tag;
    const wrapped = (events: string) =>
      kind === 'close' ? events : `<${name} xmlns:rdf="${RDF}">${events}</${name}>`;
    const text = ({ provenance }: ResultFacts) => wrapped(provenance.isColoured ? EVENT_OF_RESULT : '');
    this.xmp.edits.push({ from, to: kind === 'close' ? from : to, text });
  }

  private note({ uri, local }: Attribute | Tag): void {
    const { has } = this.xmp;
    if (uri === XMP && local === 'CreatorTool') has.tool = true;
    if (uri === XMP_MM && local === 'History') has.history = true;
    if (uri === IPTC_EXTENSION && local === 'DigitalSourceType') has.sourceType = true;
  }
}

const EVENT_OF_RESULT = `<rdf:li xmlns:rdf="${RDF}" xmlns:stEvt="${EVENT}" rdf:parseType="Resource"><stEvt:action>edited</stEvt:action><stEvt:softwareAgent>${SOFTWARE}</stEvt:softwareAgent><stEvt:parameters>colours estimated by the model DDColor</stEvt:parameters></rdf:li>`;

const escaped = (value: string) =>
  // XML has no way to write control characters.
  value
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;');

/**
 * What the result says of itself, beside what the photo says.
 *
 * @param isBrief whether only what must be said is
 */
function description({ provenance }: ResultFacts, { about, has }: Xmp, isBrief: boolean): string {
  const { source, profile, isColoured } = provenance;
  const element = (name: string, value: string | undefined) =>
    value === undefined ? '' : `<${name}>${value}</${name}>`;
  const sourceType = isColoured ? SOURCE_TYPE : undefined;
  const properties = [
    element('ddcolor:SourceETag', source && escaped(source)),
    element('Iptc4xmpExt:DigitalSourceType', has.sourceType ? undefined : sourceType),
  ];
  if (!isBrief) {
    const history = `<rdf:Seq>${EVENT_OF_RESULT}</rdf:Seq>`;
    properties.push(
      element('xmp:CreatorTool', has.tool ? undefined : SOFTWARE),
      element('xmpMM:History', has.history || !isColoured ? undefined : history),
      element('ddcolor:Software', SOFTWARE),
      element('ddcolor:DigitalSourceType', sourceType),
      element('ddcolor:SourceProfile', profile && escaped(profile)),
    );
  }
  const names = { rdf: RDF, xmp: XMP, xmpMM: XMP_MM, Iptc4xmpExt: IPTC_EXTENSION, ddcolor: OURS };
  const declared = Object.entries(names).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`);
  return `<rdf:Description${declared.join('')} rdf:about="${about}">${properties.join('')}</rdf:Description>`;
}

const EMPTY: Xmp = (() => {
  const start = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="${RDF}">`;
  const has = { tool: false, sourceType: false, history: false };
  return {
    text: `${start}</rdf:RDF></x:xmpmeta><?xpacket end="r"?>`,
    edits: [],
    end: start.length,
    about: '',
    has,
  };
})();

/** @returns a packet with what the photo says, if it says something, and what is said of the result */
export const writeXmp = (xmp: Xmp | undefined, facts: ResultFacts): Uint8Array<ArrayBuffer> =>
  written(xmp ?? EMPTY, facts, false);

/**
 * @param most bytes
 * @returns as {@link writeXmp}, with less of ours where there is no room; undefined where there is none at all
 */
export const writeXmpWithin = (
  most: number,
  xmp: Xmp | undefined,
  facts: ResultFacts,
): Uint8Array<ArrayBuffer> | undefined =>
  [false, true].map((isBrief) => written(xmp ?? EMPTY, facts, isBrief)).find(({ length }) => length <= most);

function written(xmp: Xmp, facts: ResultFacts, isBrief: boolean): Uint8Array<ArrayBuffer> {
  const { text, edits, end } = xmp;
  const own = { from: end, to: end, text: () => description(facts, xmp, isBrief) };
  const parts: string[] = [];
  let at = 0;
  for (const edit of [...edits, own]) {
    parts.push(text.slice(at, edit.from), edit.text(facts));
    at = edit.to;
  }
  return new TextEncoder().encode(parts.join('') + withoutPadding(text.slice(at)));
}

/** Packets have kilobytes of spaces, for editors that change them in place. */
function withoutPadding(tail: string): string {
  const end = tail.lastIndexOf('<?xpacket');
  return end < 0 ? tail : `${tail.slice(0, end).trimEnd()}\n${tail.slice(end)}`;
}
