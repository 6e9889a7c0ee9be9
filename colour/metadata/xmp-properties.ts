/** Properties of XMP that a result changes or adds, and what they say. XMP specification, part 2. */

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
  /** Whether its colours are a model's. A photo without room for colour is its own result. */
  isColoured: boolean;
}

export const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
export const XMP = 'http://ns.adobe.com/xap/1.0/';
export const XMP_MM = 'http://ns.adobe.com/xap/1.0/mm/';
export const EVENT = 'http://ns.adobe.com/xap/1.0/sType/ResourceEvent#';
const TIFF = 'http://ns.adobe.com/tiff/1.0/';
const EXIF = 'http://ns.adobe.com/exif/1.0/';
const PHOTOSHOP = 'http://ns.adobe.com/photoshop/1.0/';
export const IPTC_EXTENSION = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/';
const GAIN_MAP = 'http://ns.adobe.com/hdr-gain-map/1.0/';
const CONTAINER = 'http://ns.google.com/photos/1.0/container/';
const CAMERA = 'http://ns.google.com/photos/1.0/camera/';
/** Of our own properties. */
export const OURS = 'urn:ddcolor-elastic:xmp:1.0:';

/** Properties of the photo's pixels: their value in the result, or undefined where they are removed. */
export const CHANGED: Record<string, Record<string, ((facts: ResultFacts) => number) | undefined>> = {
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
  // They lead to a gain map and a film after the picture.
  [GAIN_MAP]: { Version: undefined },
  [CONTAINER]: { Directory: undefined },
  [CAMERA]: {
    MotionPhoto: undefined,
    MotionPhotoVersion: undefined,
    MicroVideo: undefined,
    MicroVideoVersion: undefined,
    MicroVideoOffset: undefined,
  },
};
