/** The segments of a JPEG file. ITU-T T.81, annex B. */

const [END, FILL] = [0xd9, 0xff];
/** Markers without a segment: TEM, RST0 to 7, SOI, and the zero that follows a 0xff of the pixels. */
const isBare = (marker: number) => marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);

export const [START_OF_SCAN, END_OF_IMAGE] = [0xda, END];

/** Whether a marker begins the header of a frame, which has its size: SOF0 to 15, less the three of that range that are no frames. */
export const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

export interface Segment {
  marker: number;
  /** Of its 0xff. */
  at: number;
  /** Where the next one may start; beyond the file where it is cut off. */
  end: number;
}

/** The segments in the order of the file, passing over pixels, up to the end of the image. Each byte is passed once. */
export function* segmentsOf(body: Buffer): Generator<Segment> {
  // A call of indexOf() for each marker would cost more than the rest where a file is all markers.
  const nextFrom = (at: number) => (body[at] === FILL ? at : body.indexOf(FILL, at));
  for (let at = nextFrom(2); at >= 0 && at + 1 < body.length; at = nextFrom(at)) {
    const marker = body[at + 1]!;
    if (marker === FILL) while (body[at + 1] === FILL) at++;
    else if (isBare(marker)) at += 2;
    else if (marker === END) {
      yield { marker, at, end: at + 2 };
      return;
    } else {
      const length = at + 4 <= body.length ? Math.max(2, body.readUInt16BE(at + 2)) : 2;
      yield { marker, at, end: at + 2 + length };
      at += 2 + length;
    }
  }
}
