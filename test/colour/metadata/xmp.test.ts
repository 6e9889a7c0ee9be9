/** XMP of results: what is added to a photo's, and what changes; checked for well-formedness by another parser. */
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { OURS } from '../../../colour/metadata/xmp-properties.ts';
import { readXmp, SOFTWARE, SOURCE_TYPE, writeXmp } from '../../../colour/metadata/xmp.ts';

const RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
const NAMES =
  'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"';
const packet = (properties: string, attributes = '', about = 'rdf:about=""') =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${RDF}><rdf:Description ${about} ${NAMES}${attributes}>${properties}</rdf:Description></rdf:RDF></x:xmpmeta>`;
const FACTS = {
  width: 30,
  height: 20,
  provenance: { source: 'v1', profile: 'Dot Gain 20%', isColoured: true },
};

const bytes = (text: string) => new TextEncoder().encode(text);
const result = (text: string | Uint8Array, facts = FACTS) => {
  const xmp = readXmp(typeof text === 'string' ? bytes(text) : text);
  expect(xmp).toBeDefined();
  const made = new TextDecoder().decode(writeXmp(xmp, facts));
  expect(XMLValidator.validate(made.replace(/<\?.*?\?>/g, ''))).toBe(true);
  return made;
};
const added = (made: string, before: string) => {
  const at = made.lastIndexOf('<rdf:Description');
  return { theirs: made.slice(0, at) + before.slice(before.lastIndexOf('</rdf:RDF>')), ours: made.slice(at) };
};

describe('XMP of a result', () => {
  it('has the photo byte for byte, and ours after it', () => {
    const before = packet(
      '<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">A &amp; B<!-- - --><![CDATA[<]]></dc:title>',
    );
    const { theirs, ours } = added(result(before), before);
    expect(theirs).toBe(before);
    for (const [name, value] of [
      ['xmp:CreatorTool', SOFTWARE],
      ['Iptc4xmpExt:DigitalSourceType', SOURCE_TYPE],
      ['ddcolor:Software', SOFTWARE],
      ['ddcolor:DigitalSourceType', SOURCE_TYPE],
      ['ddcolor:SourceETag', 'v1'],
      ['ddcolor:SourceProfile', 'Dot Gain 20%'],
    ])
      expect(ours).toContain(`<${name}>${value}</${name}>`);
    expect(ours).toContain(`<stEvt:softwareAgent>${SOFTWARE}<`);
  });

  it('of a photo without is ours alone, in a packet', () => {
    const made = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      writeXmp(undefined, { ...FACTS, provenance: { isColoured: true } }),
    );
    expect(made).toMatch(
      /^<\?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"\?>.*<\?xpacket end="r"\?>$/s,
    );
    expect(made).not.toContain('SourceETag');
    expect(readXmp(bytes(made))).toBeDefined();
  });

  it('replaces no tool and no source of the photo', () => {
    for (const before of [
      packet('', ' xmp:CreatorTool="Scan" Iptc4xmpExt:DigitalSourceType="x"'),
      packet(
        '<xmp:CreatorTool>Scan</xmp:CreatorTool><Iptc4xmpExt:DigitalSourceType>x</Iptc4xmpExt:DigitalSourceType>',
      ),
    ]) {
      const { theirs, ours } = added(result(before), before);
      expect(theirs).toBe(before);
      expect(ours).not.toMatch(/CreatorTool>|Iptc4xmpExt:DigitalSourceType>/);
      expect(ours).toContain('<ddcolor:DigitalSourceType>');
    }
  });

  it.each([
    ['<rdf:Seq><rdf:li>old</rdf:li></rdf:Seq>', /<rdf:li>old<\/rdf:li><rdf:li .*?<\/rdf:li><\/rdf:Seq>/],
    ['<rdf:Seq/>', /<xmpMM:History><rdf:Seq [^>]*><rdf:li .*?<\/rdf:li><\/rdf:Seq><\/xmpMM:History>/],
  ])('appends to a history %s', (history, expected) => {
    const made = result(packet(`<xmpMM:History>${history}</xmpMM:History>`));
    expect(made).toMatch(expected);
    expect(made.split(`softwareAgent>${SOFTWARE}<`).length).toBe(2);
  });

  it('changes what describes the pixels, as attributes and as elements', () => {
    const made = result(
      packet(
        '<tiff:ImageWidth>9</tiff:ImageWidth><exif:ColorSpace>65535</exif:ColorSpace><xmp:Thumbnails><rdf:Alt><rdf:li>x</rdf:li></rdf:Alt></xmp:Thumbnails><tiff:BitsPerSample><rdf:Seq><rdf:li>8</rdf:li></rdf:Seq></tiff:BitsPerSample><exif:PixelYDimension/>',
        ` tiff:Orientation='6' tiff:ImageLength="9" photoshop:ColorMode="1" photoshop:ICCProfile="Dot Gain"`,
      ),
    );
    expect(made).toContain(
      `${NAMES} tiff:Orientation='1' tiff:ImageLength="20" photoshop:ColorMode="3"><tiff:ImageWidth>30</tiff:ImageWidth><exif:ColorSpace>1</exif:ColorSpace><exif:PixelYDimension>20</exif:PixelYDimension></rdf:Description>`,
    );
  });

  it('leads to no gain map and no film after the picture', () => {
    const made = result(
      packet(
        '<c:Directory xmlns:c="http://ns.google.com/photos/1.0/container/"><rdf:Seq><rdf:li>GainMap</rdf:li></rdf:Seq></c:Directory>',
        ' xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Version="1.0" xmlns:g="http://ns.google.com/photos/1.0/camera/" g:MotionPhoto="1"',
      ),
    );
    expect(made).not.toMatch(/Directory|h:Version|MotionPhoto/);
  });

  it('coloured again has what we say once', () => {
    const once = result(packet(''));
    const twice = result(once, {
      ...FACTS,
      provenance: { ...FACTS.provenance, source: 'v2', profile: 'sRGB' },
    });
    expect(twice.match(/<ddcolor:SourceETag>(.*?)</g)).toEqual(['<ddcolor:SourceETag>v2<']);
    expect(twice.match(/<stEvt:action>/g)?.length).toBe(2);
    expect(twice.match(/CreatorTool>/g)?.length).toBe(2);
  });

  it.each([
    ['without a wrapper', `<rdf:RDF ${RDF}><rdf:Description rdf:about=""/></rdf:RDF>`],
    ['with nothing inside', `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${RDF}/></x:xmpmeta>`],
    ['with a declaration', `<?xml version="1.0" encoding="UTF-16"?><rdf:RDF ${RDF}></rdf:RDF>`],
    ['under another prefix', '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></r:RDF>'],
  ])('is read %s', (_how, before) => {
    expect(result(before)).toContain('<ddcolor:SourceETag>v1<');
  });

  it('is about what the photo is about, and values are escaped', () => {
    const made = result(packet('', '', `rdf:about='uuid:"1"'`), {
      ...FACTS,
      provenance: { source: '<&"\u0001', profile: 'a', isColoured: false },
    });
    expect(made).toContain('rdf:about="uuid:&quot;1&quot;"');
    expect(made).toContain('<ddcolor:SourceETag>&lt;&amp;&quot; </ddcolor:SourceETag>');
  });

  it('is UTF-8 where it was UTF-16, without padding', () => {
    const text = `<?xpacket begin="\ufeff"?>${packet('<xmp:Label>Zürich</xmp:Label>')}${' '.repeat(999)}<?xpacket end="w"?>`;
    const big = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    const made = result(big);
    expect(result(Buffer.from(text, 'utf16le'))).toBe(made);
    expect(made).toContain('<xmp:Label>Zürich</xmp:Label>');
    expect(made).toMatch(/<\/x:xmpmeta>\n<\?xpacket end="w"\?>$/);
  });

  it.each([
    ['no RDF', '<a/>'],
    ['an element without its end', `<rdf:RDF ${RDF}>`],
    ['ends that cross', `<rdf:RDF ${RDF}><a><b></a></b></rdf:RDF>`],
    ['two roots', `<rdf:RDF ${RDF}/><a/>`],
    ['text outside', `<rdf:RDF ${RDF}/>text`],
    ['a prefix without a namespace', `<rdf:RDF ${RDF}><dc:title/></rdf:RDF>`],
    ['an attribute twice', packet('', ' xmp:Rating="1" xmp:Rating="2"')],
    [
      'an attribute twice by its namespace',
      packet('', ' xmlns:q="http://ns.adobe.com/xap/1.0/" xmp:Rating="1" q:Rating="2"'),
    ],
    ['a value without quotes', packet('', ' xmp:Rating=1')],
    ['a tag in a value', packet('', ' xmp:Label="<"')],
    ['an unknown entity', packet('&nbsp;')],
    ['an entity of a value', packet('', ' xmp:Label="&a;"')],
    ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]><rdf:RDF ${RDF}/>`],
    ['a control character', packet('\u0001')],
    ['a comment without its end', packet('<!-- ')],
    ['too deep a tree', packet('<a>'.repeat(200) + '</a>'.repeat(200))],
    ['an end tag with an attribute', `<rdf:RDF ${RDF}></rdf:RDF a="b">`],
    ['no text at all', ''],
  ])('is not read with %s', (_what, text) => {
    expect(readXmp(bytes(text))).toBeUndefined();
  });

  it('is not read in bytes that are not of its encoding', () => {
    expect(readXmp(Uint8Array.of(...bytes(packet('')), 0xff))).toBeUndefined();
  });

  it('stays well-formed whatever is cut or changed', () => {
    const text = packet(
      '<xmpMM:History><rdf:Seq/></xmpMM:History><xmp:Thumbnails/>',
      ' tiff:Orientation="6"',
    );
    const pieces = fc.constantFrom(
      '<',
      '>',
      '"',
      '&',
      '/',
      "'",
      ' ',
      '<a>',
      '</rdf:Seq>',
      '<!--',
      '-->',
      'xmlns:a=""',
    );
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(5), pieces, (at, length, piece) => {
        const changed = text.slice(0, at) + piece + text.slice(at + length);
        const xmp = readXmp(bytes(changed));
        if (!xmp) return;
        const made = new TextDecoder().decode(writeXmp(xmp, FACTS));
        expect([changed, XMLValidator.validate(made)]).toEqual([changed, true]);
        expect(made).toContain(`xmlns:ddcolor="${OURS}"`);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
