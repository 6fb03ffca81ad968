import type { Schema } from 'hast-util-sanitize';

/** Classes of ours that stored HTML may carry; everything else about looks is up to our pages. */
export const harmlessClass = /^(align-(center|right|justify)|indent-[1-8])$/;

export const fileIdPattern = /^fil_[A-Za-z0-9]{1,40}$/;

const pixels = /^\d{1,4}$/;
const cells = /^[1-9]\d{0,2}$/;

/** Elements that hold lines of text and stand on lines of their own. */
export const blockTags: readonly string[] = [
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'p',
  'pre',
  'blockquote',
  'ul',
  'ol',
  'li',
  'dl',
  'dt',
  'dd',
  'figure',
  'figcaption',
  'table',
  'caption',
  'thead',
  'tbody',
  'tfoot',
  'tr',
  'th',
  'td',
  'details',
  'summary',
  'hr',
];

const inlineTags: readonly string[] = [
  'a',
  'abbr',
  'audio',
  'br',
  'cite',
  'code',
  'del',
  'em',
  'img',
  'ins',
  'kbd',
  'mark',
  'q',
  's',
  'samp',
  'small',
  'strong',
  'sub',
  'sup',
  'u',
  'var',
  'video',
];

/** Their insides go with them; of all other elements that are not allowed the insides stay. */
export const droppedWhole: readonly string[] = [
  'applet',
  'canvas',
  'datalist',
  'embed',
  'frame',
  'frameset',
  'head',
  'iframe',
  'math',
  'noembed',
  'noframes',
  'noscript',
  'object',
  'script',
  'select',
  'style',
  'svg',
  'template',
  'textarea',
  'title',
];

/**
 * What stored HTML consists of. Nothing in it runs, loads, frames or submits; files are named by `data-file`, never by an
 * address. `hast-util-sanitize` drops all that is not listed, comments too.
 */
export const storedSchema: Schema = {
  allowComments: false,
  allowDoctypes: false,
  ancestors: {
    caption: ['table'],
    dd: ['dl'],
    dt: ['dl'],
    figcaption: ['figure'],
    li: ['ol', 'ul'],
    summary: ['details'],
    tbody: ['table'],
    td: ['table'],
    tfoot: ['table'],
    th: ['table'],
    thead: ['table'],
    tr: ['table'],
  },
  attributes: {
    '*': [
      ['className', harmlessClass],
      ['dir', 'ltr', 'rtl', 'auto'],
    ],
    a: ['href', 'title', 'dataSourceHref', ['dataFile', fileIdPattern]],
    abbr: ['title'],
    audio: [['dataFile', fileIdPattern]],
    img: ['alt', 'title', ['dataFile', fileIdPattern], ['height', pixels], ['width', pixels]],
    ol: [['start', /^\d{1,5}$/], 'reversed'],
    td: [
      ['colSpan', cells],
      ['rowSpan', cells],
    ],
    th: [
      ['colSpan', cells],
      ['rowSpan', cells],
      ['scope', 'col', 'row', 'colgroup', 'rowgroup'],
    ],
    video: [['dataFile', fileIdPattern]],
  },
  clobber: [],
  protocols: { href: ['http', 'https', 'mailto', 'tel'] },
  required: {},
  strip: [...droppedWhole],
  tagNames: [...blockTags, ...inlineTags],
};

/**
 * The same while an import works on it: marks stand for files and embeds that are not known yet. The marks are ours: those
 * that an author wrote have been removed before.
 */
export const markedSchema: Schema = {
  ...storedSchema,
  attributes: {
    ...storedSchema.attributes,
    a: ['href', 'title', 'dataSourceHref', 'dataAsset'],
    audio: ['dataAsset'],
    iframe: ['dataEmbed'],
    img: ['alt', 'title', 'dataAsset', ['height', pixels], ['width', pixels]],
    video: ['dataAsset'],
  },
  strip: droppedWhole.filter((tag) => tag !== 'iframe'),
  tagNames: [...(storedSchema.tagNames ?? []), 'iframe'],
};
