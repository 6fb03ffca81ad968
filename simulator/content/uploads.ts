import { type Asset, mediaBody } from '../school/asset.ts';

const cloudfront = 'd1watercolour0.cloudfront.net';

interface Upload extends Pick<Asset, 'contentType'> {
  /** URL without the scheme. */
  readonly location: string;
  /** File of `content/media`. */
  readonly media: string;
  readonly status?: Asset['status'];
  /** Location that the host redirects to. */
  readonly movedTo?: string;
}

/** Where the sample school's files lie. The declared type is wrong now and then, as it is in the wild. */
const uploads = {
  cover: {
    location: `${cloudfront}/Lk3yV0coverHandle0a_Lake%20at%20sunrise.jpg`,
    media: 'cover.jpg',
    contentType: 'image/jpeg',
  },
  portrait: {
    location: 'www.filepicker.io/api/file/Pn7portraitHandle00b',
    media: 'portrait.jpg',
    contentType: 'image/png',
  },
  mark: {
    location: 'cdn.fs.teachablecdn.com/Mk5dropletHandle000c',
    media: 'mark.png',
    contentType: 'image/png',
  },
  materials: {
    location: 'www.filepicker.io/api/file/Mt2materialsHandle0d',
    media: 'materials.png',
    contentType: 'image/png',
  },
  colourWheel: {
    location: 'cdn.filestackcontent.com/Cw9wheelHandle00000e',
    media: 'colour-wheel.png',
    contentType: 'image/png',
  },
  washes: {
    location: 'uploads.teachablecdn.com/attachments/Ws4washesHandle0000f_three-washes.jpg',
    media: 'washes.jpg',
    contentType: 'image/jpeg',
  },
  pear: {
    location: 'uploads.teachablecdn.com/attachments/7f3c0f4e6b5a4d2c9e8b7a6f5d4c3b2a.jpg',
    media: 'pear.jpg',
    contentType: 'application/octet-stream',
  },
  worksheet: {
    location: 'cdn.fs.teachablecdn.com/Wk8worksheetHandle0g',
    media: 'worksheet.pdf',
    contentType: 'application/pdf',
  },
  draftSheet: {
    location:
      'file-uploads.teachablecdn.com/0d9f8c7b6a5e4d3c2b1a09f8e7d6c5b4/4b5c6d7e8f90a1b2c3d4e5f6a7b8c9d0',
    media: 'worksheet.pdf',
    contentType: 'binary/octet-stream',
  },
  bell: {
    location:
      'file-uploads.teachablecdn.com/9b1c5f0a7d3e4c2b8a6f5e4d3c2b1a09/1f2e3d4c5b6a79880716253443526170',
    media: 'drying-bell.mp3',
    contentType: 'audio/mpeg',
  },
  shoppingList: {
    location: 'cdn.fs.teachablecdn.com/Sh6shoppingHandle00h',
    media: 'shopping-list.csv',
    contentType: 'text/csv',
  },
  sketches: {
    location: 'cdn.fs.teachablecdn.com/Sk1sketchesHandle00i',
    media: 'sketches.zip',
    contentType: null,
  },
  welcome: {
    location: `${cloudfront}/Vd2welcomeHandle000j_01%20Welcome%20to%20the%20lake.wmv.mp4`,
    media: 'lake.mp4',
    contentType: 'video/mp4',
  },
  washesFilm: {
    location: `${cloudfront}/Vd3washesHandle0000k_Drei%20Lasuren%20%C3%9Cbung.mp4`,
    media: 'lake.mp4',
    contentType: 'video/mp4',
    status: 403,
  },
  drift: {
    location: 'www.filepicker.io/api/file/Vd4driftHandle00000l',
    media: 'drift.mp4',
    contentType: null,
    movedTo: 'cdn.filestackcontent.com/Vd4driftHandle00000l',
  },
  driftMoved: {
    location: 'cdn.filestackcontent.com/Vd4driftHandle00000l',
    media: 'drift.mp4',
    contentType: 'video/mp4',
  },
  emptyFile: {
    location: 'cdn.fs.teachablecdn.com/Em0emptyHandle00000m',
    media: 'empty.bin',
    contentType: 'application/octet-stream',
  },
  hostileSvg: {
    location: 'uploads.teachablecdn.com/attachments/Hs0hostileHandle00n_kite.svg',
    media: 'hostile-svg.txt',
    contentType: 'image/svg+xml',
  },
  lost: {
    location: 'cdn.fs.teachablecdn.com/Ls0lostHandle000000o',
    media: 'empty.bin',
    contentType: null,
    status: 404,
  },
} as const satisfies Record<string, Upload>;

export type UploadName = keyof typeof uploads;

/** The URL under which the school refers to a file. */
export function urlOf(name: UploadName): string {
  return `https://${uploads[name].location}`;
}

/** A resized image: the image server's URL wraps the file's, with the one slash that it is often seen with. */
export function resizedUrlOf(name: UploadName): string {
  return `https://process.fs.teachablecdn.com/ADNupMnWyR7kCWRvm76Laz/resize=width:705/https:/${uploads[name].location}`;
}

/** The file itself behind a wrapper that does nothing. */
export function wrappedUrlOf(name: UploadName): string {
  return `https://cdn.fs.teachablecdn.com/ADNupMnWyR7kCWRvm76Laz/https://${uploads[name].location}`;
}

/** The image proxy of the parent company. */
export function proxiedUrlOf(name: UploadName): string {
  return `https://static-media.hotmart.com/4vF0kq3wYb1x2s9Zc8Tn7Lr6Pd5=/705x0/https://${uploads[name].location}`;
}

const assets = new Map<string, Asset>(
  Object.values<Upload>(uploads).map(({ location, media, contentType, status = 200, movedTo }) => [
    location,
    {
      body: mediaBody(media),
      contentType,
      status,
      ...(movedTo === undefined ? {} : { redirectTo: `https://${movedTo}` }),
    },
  ]),
);

/** @param location URL without scheme and query. */
export function findUpload(location: string): Asset | undefined {
  return assets.get(location);
}
