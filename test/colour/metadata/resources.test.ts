/** Photoshop's image resources of results. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { profileName } from '../../../colour/metadata/profile-name.ts';
import { resourcesOfResult } from '../../../colour/metadata/resources.ts';

const resource = (id: number, data: string, name = '') => {
  const label = Buffer.from(name.length % 2 ? name : `${name}\0`, 'latin1');
  const head = Buffer.from([id >> 8, id & 0xff, name.length, ...label, 0, 0, 0, data.length]);
  return Buffer.concat([
    Buffer.from('8BIM'),
    head,
    Buffer.from(data.length % 2 ? `${data}\0` : data, 'latin1'),
  ]);
};
const kept = (resources: Buffer, turned = false) => Buffer.from(resourcesOfResult(resources, turned));
const IPTC = resource(0x0404, '\x1c\x02\x78\0\x01a', 'a name');

it('are the photo without what shows or describes its pixels', () => {
  const gone = [0x0409, 0x040c, 0x040f, 0x0422, 0x0424, 0x03ee].map((id) => resource(id, 'abc'));
  const rest = [resource(0x040b, 'url'), resource(0x0425, 'digest'), resource(0x07d0, 'path')];
  expect(kept(Buffer.concat([gone[0]!, IPTC, ...gone, ...rest]))).toEqual(Buffer.concat([IPTC, ...rest]));
});

it('have their resolutions exchanged and no paths when the picture is turned', () => {
  const before = Buffer.concat([resource(0x03ed, 'horizontvertical'), resource(0x07d0, 'path'), IPTC]);
  expect(kept(before, true)).toEqual(Buffer.concat([resource(0x03ed, 'verticalhorizont'), IPTC]));
});

it('end before one that is damaged, and with the last byte of one that is not even', () => {
  expect(kept(Buffer.concat([IPTC, resource(0x040b, 'long').subarray(0, -1)]))).toEqual(IPTC);
  expect(kept(Buffer.concat([IPTC, Buffer.from('XXXXXXXXXXXXXXXX')]))).toEqual(IPTC);
  expect(kept(resource(0x040b, 'url').subarray(0, -1))).toEqual(resource(0x040b, 'url'));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const some = Buffer.concat([Buffer.from('8BIM'), bytes]);
      expect(kept(some).length).toBeLessThanOrEqual(some.length + 1);
    }),
    { seed: 1, numRuns: 300 },
  );
});

it('the name of a profile is read in both versions of the format, and nothing from damaged ones', () => {
  const profile = (content: Buffer) => {
    const bytes = Buffer.alloc(144 + content.length);
    bytes.writeUInt32BE(1, 128);
    bytes.write('desc', 132, 'latin1');
    bytes.writeUInt32BE(144, 136);
    content.copy(bytes, 144);
    return bytes;
  };
  expect(profileName(profile(Buffer.from('desc\0\0\0\0\0\0\0\x04Dot\0', 'latin1')))).toBe('Dot');
  const mluc = Buffer.from('mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS\0\0\0\x06\0\0\0\x1c\0G\0r\0ü', 'latin1');
  expect(profileName(profile(mluc))).toBe('Grü');
  expect(profileName(profile(mluc).subarray(0, -4))).toBeUndefined();
  expect(profileName(profile(Buffer.from('text')))).toBeUndefined();
  expect(profileName(Buffer.alloc(10))).toBeUndefined();
});
