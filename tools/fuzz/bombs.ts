/** Inputs of a given size that look for more than linear time: each repeats what a careless parser would go back over. */

export interface Bomb {
  what: string;
  /** @param bytes about this many */
  make(bytes: number): Buffer;
}

const repeated = (what: string, one: string, start = '', end = ''): Bomb => ({
  what,
  make: (bytes) => Buffer.from(start + one.repeat(Math.ceil(bytes / one.length)) + end, 'latin1'),
});

/** The start of an S3 event, up to within its key. */
function eventUpTo(key: string): string {
  const time = '2026-01-01T00:00:00.000Z';
  return `{"Records":[{"eventName":"ObjectCreated:Put","eventTime":"${time}","s3":{"bucket":{"name":"b"},"object":{"key":"${key}`;
}

/** A view, up to one more field. */
function viewUpTo(field: string): string {
  const measured = '"arrivalsPerSecond":1,"serviceSeconds":2,"bootSeconds":100';
  return `{"at":3,"tickSeconds":30,"visible":9,"inFlight":1,"inService":1,"coming":[],${measured},${field}`;
}

const XMP_NAME = 'http://ns.adobe.com/xap/1.0/\0';
const rdf = (label: string) =>
  `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" label="${label}"/></rdf:RDF>`;

/** A segment of a JPEG, one character per byte. */
function xmpSegment(packet: string): string {
  const length = 2 + XMP_NAME.length + packet.length;
  return `\xff\xe1${String.fromCharCode(length >> 8, length & 0xff)}${XMP_NAME}${packet}`;
}

const nested = repeated('nested lists', '[');
const spaces = repeated('spaces', ' ', '', 'x');
const ANY = [
  nested,
  spaces,
  repeated('one letter', 'a'),
  repeated('line ends', '\n'),
  repeated('keys of an object', '"__proto__":{"a":1},', '{', '"x":0}'),
  repeated('a long text', '\\u0000', '"', '"'),
];

export const BOMBS: Record<string, Bomb[]> = {
  any: ANY,
  sniffer: [
    repeated('comments', '<!---->', '', 'x'),
    repeated('declarations', '<?xml >', '', 'x'),
    repeated('document types', '<!DOCTYPE svg>', '', 'x'),
    repeated('open comments', '<!--'),
    spaces,
  ],
  exif: [
    repeated('entries', '\x01\x12\0\x03\0\0\0\x01\0\x01\0\0', 'MM\0*\0\0\0\x08\x03\xe8'),
    repeated('directories', 'MM\0*\0\0\0\x08\0\0'),
  ],
  jpeg: [
    repeated('empty segments', '\xff\xe1\0\x02', '\xff\xd8'),
    repeated('comments', '\xff\xfe\0\x03x', '\xff\xd8'),
    repeated('segments of length 0', '\xff\xe1\0\0', '\xff\xd8'),
    repeated('fill bytes', '\xff', '\xff\xd8'),
    repeated('XMP after a long one', xmpSegment(''), `\xff\xd8${xmpSegment(rdf('x'.repeat(60_000)))}`),
    repeated('damaged XMP', xmpSegment('<a>'.repeat(1000)), '\xff\xd8'),
  ],
  png: [
    repeated('empty chunks', '\0\0\0\0tEXt\0\0\0\0', '\x89PNG\r\n\x1a\n'),
    repeated('headers', '\0\0\0\0IHDR\0\0\0\0', '\x89PNG\r\n\x1a\n'),
  ],
  webp: [
    repeated('empty chunks', 'XXXX\0\0\0\0', 'RIFF\0\0\0\0WEBP'),
    repeated('metadata', 'XMP \0\0\0\0', 'RIFF\0\0\0\0WEBP'),
  ],
  tiff: [
    repeated('tags', '\x01\x0e\0\x02\0\0\0\x01\0\0\0\0', 'MM\0*\0\0\0\x08\x03\xe8'),
    repeated('directories', 'MM\0*\0\0\0\x08\0\0'),
  ],
  xmp: [
    repeated('elements', '<a/>', '<b>', '</b>'),
    repeated('open elements', '<a>'),
    repeated('attributes', ' a="b"', '<b', '/>'),
    repeated('namespaces', ' xmlns:a="b"', '<b', '/>'),
    repeated('references', '&amp;', '<b>', '</b>'),
    repeated('one reference', '<a/>', '<b>', '&amp;</b>'),
    repeated('comments', '<!---->', '', '<b/>'),
    spaces,
  ],
  frames: [
    repeated('empty frames', '\x02\0\0\0\0\0\0\0{}'),
    repeated('a long body', 'x', '\x02\0\0\0\x80\x96\x98\0{}'),
  ],
  job: [
    ...ANY,
    repeated('records', '{},', '{"Records":[', '{}]}'),
    repeated('percent signs', '%25', eventUpTo('incoming/'), '"}}}]}'),
  ],
  keys: [
    repeated('a long key', 'a', 'incoming/'),
    repeated('slashes', '/', 'incoming/'),
    repeated('dots', '../', 'incoming/'),
  ],
  options: [repeated('options', 'model-size: 1\n'), repeated('digits', '1', 'model-size: ', '.')],
  workflow: [...ANY, repeated('issues', '{"class_type":1},', '{"graph":[', '{}]}')],
  memory: [...ANY, repeated('records', '{"at":1},', '{"version":2,"policy":{},"recent":[', '{}]}')],
  view: [
    ...ANY,
    repeated(
      'history',
      '{"at":1,"backlog":1,"completed":null},',
      viewUpTo('"history":['),
      '{"at":2,"backlog":1,"completed":null}]}',
    ),
  ],
  request: [...ANY, repeated('unknown fields', '"a":1,', '{', '"b":1}')],
  answer: [
    ...ANY,
    repeated(
      'a long link',
      '/..',
      '{"id":"abcdefghijklmnopqrstuv","upload":{"method":"PUT","url":"https://a',
      '"}}',
    ),
  ],
  picture: [repeated('comments', '<!---->'), repeated('zeros', '\0')],
  journal: [...ANY, repeated('entries', '{"state":"coloured"}\n')],
  trace: [...ANY, repeated('rows', '0\n', 'time\n'), repeated('columns', ',', 'time,jobs\n')],
  metrics: [...ANY, repeated('quotes', '"'), repeated('columns', 'ApproximateNumberOfMessagesVisible,')],
};
