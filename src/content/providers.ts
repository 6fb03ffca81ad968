/** Hosts whose content may be shown in a frame, and the address of the frame for each kind of link to them. */

interface Provider {
  readonly name: string;
  /** The host itself or anything below it. */
  readonly hosts: readonly string[];
  /** The https address of the frame; null for a page of the host that is no content. */
  frame(url: URL): string | null;
}

const providers: readonly Provider[] = [
  { name: 'YouTube', hosts: ['youtube.com', 'youtube-nocookie.com', 'youtu.be'], frame: youtubeFrame },
  {
    name: 'Vimeo',
    hosts: ['vimeo.com'],
    frame(url) {
      const [, id, hash] = /^\/(?:video\/)?(\d+)(?:\/(\w+))?\/?$/.exec(url.pathname) ?? [];
      const key = url.searchParams.get('h') ?? hash;
      return id ? `https://player.vimeo.com/video/${id}${key ? `?h=${encodeURIComponent(key)}` : ''}` : null;
    },
  },
  {
    name: 'Loom',
    hosts: ['loom.com'],
    frame: byId(/^\/(?:embed|share)\/(\w+)/, (id) => `https://www.loom.com/embed/${id}`),
  },
  {
    name: 'Wistia',
    hosts: ['wistia.com', 'wistia.net'],
    frame: byId(
      /^\/(?:embed\/(?:iframe|medias)|medias)\/(\w+)/,
      (id) => `https://fast.wistia.net/embed/iframe/${id}`,
    ),
  },
  {
    name: 'Dailymotion',
    hosts: ['dailymotion.com'],
    frame: byId(/^\/(?:embed\/)?video\/(\w+)/, (id) => `https://www.dailymotion.com/embed/video/${id}`),
  },
  {
    name: 'Google Docs',
    hosts: ['docs.google.com'],
    frame: whenPath(/^\/(?:forms|document|presentation|spreadsheets)\//),
  },
  {
    name: 'Google Drive',
    hosts: ['drive.google.com'],
    frame: byId(/^\/file\/d\/([\w-]+)/, (id) => `https://drive.google.com/file/d/${id}/preview`),
  },
  { name: 'Google Calendar', hosts: ['calendar.google.com'], frame: whenPath(/^\/calendar\//) },
  { name: 'Google Maps', hosts: ['google.com', 'maps.google.com'], frame: whenPath(/^\/maps\/embed/) },
  { name: 'Typeform', hosts: ['typeform.com'], frame: whenPath(/^\/to\/\w+/) },
  { name: 'Jotform', hosts: ['jotform.com'], frame: whenPath(/^\/\d+/) },
  { name: 'Tally', hosts: ['tally.so'], frame: whenPath(/^\/(?:embed|r)\/\w+/) },
  { name: 'Airtable', hosts: ['airtable.com'], frame: whenPath(/^\/embed\//) },
  { name: 'Calendly', hosts: ['calendly.com'], frame: whenPath(/^\/[\w-]+/) },
  { name: 'Canva', hosts: ['canva.com'], frame: canvaFrame },
  {
    name: 'Figma',
    hosts: ['figma.com'],
    frame(url) {
      if (url.pathname === '/embed') return toHttps(url);
      return /^\/(?:file|design|proto|board)\//.test(url.pathname)
        ? `https://www.figma.com/embed?embed_host=share&url=${encodeURIComponent(toHttps(url))}`
        : null;
    },
  },
  { name: 'Miro', hosts: ['miro.com'], frame: whenPath(/^\/app\/(?:live-)?embed\//) },
  { name: 'Padlet', hosts: ['padlet.com'], frame: whenPath(/^\/embed\//) },
  {
    name: 'CodePen',
    hosts: ['codepen.io'],
    frame(url) {
      const [, owner, pen] = /^\/([\w-]+)\/(?:embed|pen)\/(?:preview\/)?(\w+)/.exec(url.pathname) ?? [];
      return owner && pen ? `https://codepen.io/${owner}/embed/${pen}${url.search}` : null;
    },
  },
  {
    name: 'SoundCloud',
    hosts: ['soundcloud.com'],
    frame(url) {
      if (url.hostname === 'w.soundcloud.com') return url.pathname === '/player/' ? toHttps(url) : null;
      return /^\/[\w-]+\/[\w-]+/.test(url.pathname)
        ? `https://w.soundcloud.com/player/?url=${encodeURIComponent(toHttps(url))}`
        : null;
    },
  },
  {
    name: 'Spotify',
    hosts: ['open.spotify.com'],
    frame(url) {
      const [, kind, id] =
        /^\/(?:embed\/)?(track|album|artist|playlist|episode|show)\/(\w+)/.exec(url.pathname) ?? [];
      return kind && id ? `https://open.spotify.com/embed/${kind}/${id}` : null;
    },
  },
];

/** What a content security policy has to allow as `frame-src` for these frames. */
export const frameSources: readonly string[] = providers.flatMap(({ hosts }) =>
  hosts.flatMap((host) => [`https://${host}`, `https://*.${host}`]),
);

/** The frame for an address of a known host; null for all others, and for what is not a web address. */
export function frameOf(address: string): { readonly frameUrl: string; readonly provider: string } | null {
  const text = address.trim().replace(/^\/\//, 'https://');
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.port !== '') return null;

  for (const provider of providers) {
    if (!provider.hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`))) continue;
    const frameUrl = provider.frame(url);
    if (frameUrl !== null) return { frameUrl, provider: provider.name };
  }
  return null;
}

function youtubeFrame(url: URL): string | null {
  const short = url.hostname === 'youtu.be' ? /^\/([\w-]+)/ : /^\/(?:embed|v|shorts|live)\/([\w-]+)/;
  const id = short.exec(url.pathname)?.[1] ?? (url.pathname === '/watch' ? url.searchParams.get('v') : null);
  if (!id || !/^[\w-]{6,20}$/.test(id)) return null;

  const kept = new URLSearchParams();
  const start = /^\d+/.exec(url.searchParams.get('start') ?? url.searchParams.get('t') ?? '')?.[0];
  const list = url.searchParams.get('list');
  if (start) kept.set('start', start);
  if (list) kept.set('list', list);
  return `https://www.youtube-nocookie.com/embed/${id}${kept.size > 0 ? `?${kept}` : ''}`;
}

function canvaFrame(url: URL): string | null {
  if (!/^\/design\/[\w-]+/.test(url.pathname)) return null;
  const frame = new URL(toHttps(url));
  frame.searchParams.set('embed', '');
  return frame.href;
}

/** For hosts whose frames have the very address that authors paste. */
function whenPath(pattern: RegExp): Provider['frame'] {
  return (url) => (pattern.test(url.pathname) ? toHttps(url) : null);
}

function byId(pattern: RegExp, frame: (id: string) => string): Provider['frame'] {
  return (url) => {
    const id = pattern.exec(url.pathname)?.[1];
    return id ? frame(id) : null;
  };
}

/** Without user name, password or fragment. */
function toHttps(url: URL): string {
  return `https://${url.hostname}${url.pathname}${url.search}`;
}
