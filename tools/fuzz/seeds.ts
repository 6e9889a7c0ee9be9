/** One valid input of each parser, from which the fuzzer begins; one character per byte. */

const ID = 'abcdefghijklmnopqrstuv';
const TIME = '2026-01-01T00:00:00.000Z';
const text = (value: unknown) => JSON.stringify(value);
const link = 'https://bucket.s3.eu-west-1.amazonaws.com/results/api/x?X-Amz-Signature=00';
const photo = { at: 1, service: 's', name: 'n', source: 'p', size: 1, mtimeMs: 1, sha256: 'x', id: ID };
const record = {
  ...{ at: 1, reason: 'steady', needed: 1, visible: 1, inFlight: 1, desired: 1, inService: 1 },
  ...{ pending: 0, draining: 0, min: 0, max: 20 },
};
const view = {
  ...{ at: 90, tickSeconds: 30, visible: 3, inFlight: 1, inService: 1, coming: [{ count: 1, readyAt: 100 }] },
  ...{ arrivalsPerSecond: 1, serviceSeconds: 2, bootSeconds: 100 },
  history: [{ at: 60, backlog: 3, completed: 1 }],
};
const exif =
  'MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x87\x69\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0\0\0';

export const SEEDS = {
  sniffer: [
    '\xff\xd8\xff\xe0',
    '<?xml version="1.0"?><!-- x --><!DOCTYPE svg><svg>',
    'RIFF\0\0\0\0WEBP',
    'II*\0',
    '\0\0\0\x0cftypavif',
  ],
  exif: [exif, `Exif\0\0${exif}`, 'II*\0\x08\0\0\0\0\0\0\0\0\0'],
  jpeg: [`\xff\xd8\xff\xe1\0\x40Exif\0\0${exif}`.padEnd(68, '\0') + '\xff\xfe\0\x03x\xff\xda'],
  png: ['\x89PNG\r\n\x1a\n\0\0\0\x01IHDR\x01\0\0\0\0\0\0\0\0eXIf\0\0\0\0'],
  webp: ['RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0XMP \x02\0\0\0ab'],
  tiff: [exif, 'II*\0\x08\0\0\0\x01\0\xbb\x83\x07\0\x04\0\0\0\x1c\x02\x05\0\0\0\0\0'],
  xmp: [
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"><xmpMM:History xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"><rdf:Seq/></xmpMM:History></rdf:Description></rdf:RDF></x:xmpmeta>',
  ],
  frames: [`\x32\0\0\0\0\0\0\0${text({ fault: { kind: 'other', message: 'x' }, megabytes: 1 }).padEnd(50)}`],
  job: [
    text({
      Records: [
        {
          eventName: 'ObjectCreated:Put',
          eventTime: TIME,
          s3: { bucket: { name: 'b' }, object: { key: 'incoming/a+b%2B.jpg', eTag: '"e"', size: 1 } },
        },
      ],
    }),
    text({ Event: 's3:TestEvent' }),
  ],
  keys: ['incoming/album/a.jpg', `incoming/${'a'.repeat(1015)}`],
  options: ['output: chroma\nmodel-size: 512', 'output:photo'],
  workflow: [
    text({
      name: 'w',
      graph: { 1: { class_type: 'A', inputs: { image: '', images: ['1', 0], filename_prefix: '' } } },
      input: { node: '1', field: 'image', colour: 'rgb' },
      options: { size: { node: '1', field: 'image', choices: ['a'] } },
      output: { node: '1', prefixField: 'filename_prefix', coloured: true },
    }),
  ],
  memory: [
    text({
      version: 2,
      policy: { lastOutAt: 1 },
      recent: [record],
      controls: { floor: { instances: 1, until: 2 } },
    }),
    text({
      version: 2,
      policy: {},
      recent: [],
      ledger: { at: 1, perHour: 1, day: 1, spent: 1, inService: 1, busySeconds: null },
    }),
  ],
  view: [text(view)],
  request: [
    text({ name: 'a.jpg', type: 'image/jpeg', size: 1000 }),
    text({
      routeKey: 'GET /photos/{id}',
      pathParameters: { id: ID },
      requestContext: { http: { sourceIp: '::1' } },
    }),
  ],
  answer: [
    text({ id: ID, status: 'succeeded', name: 'a', links: { result: link, expiresAt: TIME } }),
    text({
      id: ID,
      upload: { method: 'PUT', url: link, headers: { 'content-type': 'image/png' }, expiresAt: TIME },
    }),
    text({ id: ID, status: 'failed', code: 'too-large', message: 'x', retryable: false }),
    text({ type: 'about:blank', title: 'x', status: 400, detail: 'y', code: 'bad-request' }),
  ],
  picture: ['\xff\xd8\xff\xe0', '\x89PNG\r\n\x1a\n', 'RIFF\0\0\0\0WEBP', 'II*\0'],
  journal: [`${text({ ...photo, state: 'sent' })}\n${text({ ...photo, state: 'saving', result: 'x' })}\n`],
  trace: ['time,jobs\n0,5\n60,7\n', 'time\n0.5\n1.5\n'],
  metrics: [
    'time,ApproximateNumberOfMessagesVisible\n2026/11/23 10:00,5\n',
    text({ MetricDataResults: [{ Id: 'm1', Timestamps: [TIME], Values: [1] }] }),
  ],
};
