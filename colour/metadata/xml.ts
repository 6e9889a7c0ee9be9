/**
 * Reads the tags of an XML document with their positions, so that a writer can change some and leave every other byte.
 *
 * XML 1.0 (fifth edition) and Namespaces in XML, without document types: XMP has none, and they are where entities of a hostile
 * file would be. One pass; memory and time are linear.
 */

export interface Attribute {
  uri: string;
  local: string;
  value: string;
  /** Of the value, without its quotes. */
  valueFrom: number;
  valueTo: number;
  /** Of the whole attribute with the space before it. */
  from: number;
  to: number;
}

export interface Tag {
  kind: 'open' | 'close' | 'empty';
  /** As it is written, with its prefix. */
  name: string;
  uri: string;
  local: string;
  attributes: Attribute[];
  from: number;
  to: number;
  /** Elements around it. */
  depth: number;
}

const MAX_DEPTH = 100;
const MAX_ATTRIBUTES = 1000;
const MAX_URI = 1000;
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

const NAME = /[A-Za-z_\u0080-\uffff][\w.\u0080-\uffff-]*(?::[A-Za-z_\u0080-\uffff][\w.\u0080-\uffff-]*)?/y;
const REFERENCE = /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});/y;
/** Outside of XML's characters. */
const FORBIDDEN = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/;

const isSpace = (letter: string | undefined) =>
  letter === ' ' || letter === '\n' || letter === '\t' || letter === '\r';

/**
 * @returns the tags in order
 * @throws SyntaxError when the text is not well-formed
 */
export function* tagsOf(text: string): Generator<Tag> {
  if (FORBIDDEN.test(text)) throw new SyntaxError('a forbidden character');
  const scanner = new Scanner(text);
  const open: string[] = [];
  let roots = 0;
  for (let tag = scanner.next(open.length > 0); tag; tag = scanner.next(open.length > 0)) {
    if (tag.kind === 'close') {
      if (open.pop() !== tag.name) throw new SyntaxError(`</${tag.name}> without its start`);
      yield { ...tag, attributes: [], ...scanner.resolve(tag.name), depth: open.length };
      scanner.leave();
      continue;
    }
    if (open.length === 0 && roots++ > 0) throw new SyntaxError('two roots');
    if (open.length >= MAX_DEPTH) throw new SyntaxError('too deep');
    const attributes = scanner.enter(tag.attributes);
    yield { ...tag, ...scanner.resolve(tag.name), attributes, depth: open.length };
    if (tag.kind === 'open') open.push(tag.name);
    else scanner.leave();
  }
  if (open.length > 0 || roots === 0) throw new SyntaxError('the end is missing');
}

type RawAttribute = Omit<Attribute, 'uri' | 'local'> & { name: string };
interface RawTag {
  kind: Tag['kind'];
  name: string;
  attributes: RawAttribute[];
  from: number;
  to: number;
}

class Scanner {
  private at = 0;
  /** Namespaces of each prefix, the innermost last. */
  private readonly bound = new Map<string, string[]>([['xml', [XML_NAMESPACE]]]);
  /** Prefixes that each open element declares. */
  private readonly declared: string[][] = [];

  /** Position of the next ampersand: a search from every tag would be quadratic. */
  private nextReference: number;

  constructor(private readonly text: string) {
    this.nextReference = this.referenceAfter(-1);
  }

  private referenceAfter(at: number): number {
    const found = this.text.indexOf('&', at + 1);
    return found < 0 ? Infinity : found;
  }

  /** @param inside whether an element is open, where text may be */
  next(inside: boolean): RawTag | undefined {
    for (;;) {
      const from = this.text.indexOf('<', this.at);
      this.checkText(this.at, from < 0 ? this.text.length : from, inside);
      if (from < 0) return undefined;
      this.at = from;
      if (this.skips('<!--', '-->') || this.skips('<?', '?>') || (inside && this.skips('<![CDATA[', ']]>')))
        continue;
      return this.tag(from);
    }
  }

  private skips(start: string, end: string): boolean {
    if (!this.text.startsWith(start, this.at)) return false;
    const to = this.text.indexOf(end, this.at + start.length);
    if (to < 0) throw new SyntaxError(`${start} without its end`);
    this.at = to + end.length;
    return true;
  }

  private checkText(from: number, to: number, inside: boolean): void {
    if (!inside) {
      for (let at = from; at < to; at++)
        if (!isSpace(this.text[at]) && this.text[at] !== '\ufeff') throw new SyntaxError('text outside');
      return;
    }
    while (this.nextReference < to) {
      REFERENCE.lastIndex = this.nextReference;
      if (this.nextReference >= from && !REFERENCE.test(this.text))
        throw new SyntaxError('an unknown reference');
      this.nextReference = this.referenceAfter(this.nextReference);
    }
  }

  private tag(from: number): RawTag {
    const closing = this.text[from + 1] === '/';
    this.at = from + (closing ? 2 : 1);
    const name = this.name();
    const attributes: RawAttribute[] = [];
    for (;;) {
      const before = this.at;
      while (isSpace(this.text[this.at])) this.at++;
      const letter = this.text[this.at];
      if (letter === '>') {
        this.at++;
        return { kind: closing ? 'close' : 'open', name, attributes, from, to: this.at };
      }
      if (closing) throw new SyntaxError('an end tag with more than its name');
      if (letter === '/' && this.text[this.at + 1] === '>') {
        this.at += 2;
        return { kind: 'empty', name, attributes, from, to: this.at };
      }
      if (before === this.at || attributes.length >= MAX_ATTRIBUTES) throw new SyntaxError('an attribute');
      attributes.push(this.attribute(before));
    }
  }

  private attribute(from: number): RawAttribute {
    const name = this.name();
    while (isSpace(this.text[this.at])) this.at++;
    if (this.text[this.at++] !== '=') throw new SyntaxError('an attribute without a value');
    while (isSpace(this.text[this.at])) this.at++;
    const quote = this.text[this.at++];
    if (quote !== '"' && quote !== "'") throw new SyntaxError('a value without quotes');
    const valueFrom = this.at;
    const valueTo = this.text.indexOf(quote, valueFrom);
    if (valueTo < 0) throw new SyntaxError('a value without its end');
    const value = this.text.slice(valueFrom, valueTo);
    if (value.includes('<')) throw new SyntaxError('a tag in a value');
    this.checkText(valueFrom, valueTo, true);
    this.at = valueTo + 1;
    return { name, value, valueFrom, valueTo, from, to: this.at };
  }

  private name(): string {
    NAME.lastIndex = this.at;
    const [name] = NAME.exec(this.text) ?? [];
    if (name === undefined) throw new SyntaxError('a name');
    this.at += name.length;
    return name;
  }

  /** Binds the prefixes that an element declares. @returns its other attributes */
  enter(attributes: RawAttribute[]): Attribute[] {
    const declared: string[] = [];
    this.declared.push(declared);
    const isDeclaration = ({ name }: RawAttribute) => name === 'xmlns' || name.startsWith('xmlns:');
    for (const attribute of attributes.filter(isDeclaration)) {
      const prefix = attribute.name.slice('xmlns:'.length);
      if (attribute.value.length > MAX_URI || declared.includes(prefix)) throw new SyntaxError('a namespace');
      declared.push(prefix);
      const uris = this.bound.get(prefix);
      if (uris) uris.push(attribute.value);
      else this.bound.set(prefix, [attribute.value]);
    }
    const others = attributes
      .filter((attribute) => !isDeclaration(attribute))
      .map(({ name, ...rest }) => ({
        ...rest,
        ...(name.includes(':') ? this.resolve(name) : { uri: '', local: name }),
      }));
    const names = new Set(others.map(({ uri, local }) => `${uri} ${local}`));
    if (names.size !== others.length) throw new SyntaxError('an attribute twice');
    return others;
  }

  leave(): void {
    for (const prefix of this.declared.pop() ?? []) this.bound.get(prefix)?.pop();
  }

  resolve(name: string): { uri: string; local: string } {
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    const uri = this.bound.get(prefix)?.at(-1);
    if (uri === undefined && prefix !== '') throw new SyntaxError(`the prefix ${prefix} has no namespace`);
    return { uri: uri ?? '', local: name.slice(colon + 1) };
  }
}
