/**
 * Adds what is said of a result to a photo's XMP, and leaves every other byte.
 *
 * Only properties that describe the photo's own pixels change: orientation, size, colour space, thumbnails. XMP specification,
 * part 1 (ISO 16684-1) and part 2; IPTC Photo Metadata Standard, "Digital Source Type".
 */
import { tagsOf, type Attribute, type Tag } from './xml.ts';

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const XMP = 'http://ns.adobe.com/xap/1.0/';
const XMP_MM = 'http://ns.adobe.com/xap/1.0/mm/';
const EVENT = 'http://ns.adobe.com/xap/1.0/sType/ResourceEvent#';
const TIFF = 'http://ns.adobe.com/tiff/1.0/';
const EXIF = 'http://ns.adobe.com/exif/1.0/';
const PHOTOSHOP = 'http://ns.adobe.com/photoshop/1.0/';
const IPTC_EXTENSION = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/';
/** Of our own properties. */
export const OURS = 'urn:ddcolor-elastic:xmp:1.0:';

export const SOFTWARE = 'ddcolor-elastic';
/** A model has changed the picture and has not made it up. */
export const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced';

/** What a result says of itself. */
export interface ResultFacts {
  width: number;
  height: number;
  provenance: Provenance;
}

export interface Provenance {
  /** ETag of the photo. */
  source?: string | undefined;
  /** Name of the photo's colour profile: the result is sRGB. */
  profile?: string | undefined;
}

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

/** Properties of the photo's pixels: their value in the result, or undefined where they are removed. */
const CHANGED: Record<string, Record<string, ((facts: ResultFacts) => number) | undefined>> = {
  [TIFF]: {
    Orientation: () => 1,
    ImageWidth: ({ width }) => width,
    ImageLength: ({ height }) => height,
    BitsPerSample: undefined,
    Compression: undefined,
    PhotometricInterpretation: undefined,
    SamplesPerPixel: undefined,
    PlanarConfiguration: undefined,
    YCbCrPositioning: undefined,
    YCbCrSubSampling: undefined,
  },
  [EXIF]: {
    PixelXDimension: ({ width }) => width,
    PixelYDimension: ({ height }) => height,
    ColorSpace: () => 1,
  },
  [PHOTOSHOP]: { ColorMode: () => 3, ICCProfile: undefined },
  [XMP]: { Thumbnails: undefined },
};

const isChanged = ({ uri, local }: Attribute | Tag) =>
  uri === OURS || Object.hasOwn(CHANGED[uri] ?? {}, local);

/** @returns undefined when it is not well-formed RDF in UTF-8 or UTF-16 */
export function readXmp(bytes: Uint8Array): Xmp | undefined {
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
    const text =
      tag.kind === 'close' ? () => event() : () => `<${tag.name} xmlns:rdf="${RDF}">${event()}</${tag.name}>`;
    const { from } = tag;
    this.xmp.edits.push({ from, to: tag.kind === 'close' ? from : tag.to, text });
  }

  private note({ uri, local }: Attribute | Tag): void {
    const { has } = this.xmp;
    if (uri === XMP && local === 'CreatorTool') has.tool = true;
    if (uri === XMP_MM && local === 'History') has.history = true;
    if (uri === IPTC_EXTENSION && local === 'DigitalSourceType') has.sourceType = true;
  }
}

const event = () =>
  `<rdf:li xmlns:rdf="${RDF}" xmlns:stEvt="${EVENT}" rdf:parseType="Resource"><stEvt:action>edited</stEvt:action><stEvt:softwareAgent>${SOFTWARE}</stEvt:softwareAgent><stEvt:parameters>colours estimated by the model DDColor</stEvt:parameters></rdf:li>`;

const escaped = (value: string) =>
  // XML has no way to write control characters.
  value
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;');

/** What the result says of itself, beside what the photo says. */
function description(
  { provenance: { source, profile } }: ResultFacts,
  about: string,
  has: Xmp['has'],
): string {
  const properties = [
    has.tool ? '' : `<xmp:CreatorTool>${SOFTWARE}</xmp:CreatorTool>`,
    has.sourceType ? '' : `<Iptc4xmpExt:DigitalSourceType>${SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>`,
    has.history ? '' : `<xmpMM:History><rdf:Seq>${event()}</rdf:Seq></xmpMM:History>`,
    `<ddcolor:Software>${SOFTWARE}</ddcolor:Software>`,
    `<ddcolor:DigitalSourceType>${SOURCE_TYPE}</ddcolor:DigitalSourceType>`,
    source === undefined ? '' : `<ddcolor:SourceETag>${escaped(source)}</ddcolor:SourceETag>`,
    profile === undefined ? '' : `<ddcolor:SourceProfile>${escaped(profile)}</ddcolor:SourceProfile>`,
  ];
  return `<rdf:Description xmlns:rdf="${RDF}" rdf:about="${about}" xmlns:xmp="${XMP}" xmlns:xmpMM="${XMP_MM}" xmlns:Iptc4xmpExt="${IPTC_EXTENSION}" xmlns:ddcolor="${OURS}">${properties.join('')}</rdf:Description>`;
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
export function writeXmp(xmp: Xmp | undefined, facts: ResultFacts): Uint8Array<ArrayBuffer> {
  const { text, edits, end, about, has } = xmp ?? EMPTY;
  const parts: string[] = [];
  let at = 0;
  for (const edit of [...edits, { from: end, to: end, text: () => description(facts, about, has) }]) {
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
