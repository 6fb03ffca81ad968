/** What an SVG file could do with a browser that opens it. `run` is a script, `url` an address; both tell a server that they were reached. */
export interface Attack {
  readonly run: string;
  readonly url: string;
}

const xlink = 'xmlns:xlink="http://www.w3.org/1999/xlink"';
const svg = (inside: string, attributes = '') =>
  `<svg xmlns="http://www.w3.org/2000/svg" ${xlink} viewBox="0 0 9 9" ${attributes}>${inside}<rect width="9" height="9"/></svg>`;
const html = (inside: string) =>
  `<foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml">${inside}</body></foreignObject>`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** By what they try. Whether a browser of today falls for one is another matter. */
export const hostileSvgs: Readonly<Record<string, (attack: Attack) => string>> = {
  'a script': ({ run }) => svg(`<script>${run}</script>`),
  'a script in CDATA': ({ run }) => svg(`<script><![CDATA[${run}]]></script>`),
  'a script from elsewhere': ({ url }) => svg(`<script href="${url}"/>`),
  'a script from elsewhere by xlink': ({ url }) => svg(`<script xlink:href="${url}"/>`),
  'a script from a data address': ({ run }) =>
    svg(`<script href="data:text/javascript;base64,${base64(run)}"/>`),
  'a script with a prefix': ({ run }) =>
    svg(`<s:script xmlns:s="http://www.w3.org/2000/svg">${run}</s:script>`),
  'a script of HTML': ({ run }) => svg(`<h:script xmlns:h="http://www.w3.org/1999/xhtml">${run}</h:script>`),
  'a script of HTML by default namespace': ({ run }) =>
    svg(`<script xmlns="http://www.w3.org/1999/xhtml">${run}</script>`),
  'a script behind a false end': ({ run }) =>
    svg(`<style><![CDATA[</style><script>${run}</script>]]></style>`),
  'a script in a title': ({ run }) => svg(`<title><script>${run}</script></title>`),
  'a script in a description of HTML': ({ run }) =>
    svg(`<desc><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="${run}"/></desc>`),
  'a script in metadata': ({ run }) => svg(`<metadata><script>${run}</script></metadata>`),
  'a script in a switch': ({ run }) => svg(`<switch><g><script>${run}</script></g></switch>`),
  'a script in a comment that ends early': ({ run }) => svg(`<!--><script>${run}</script>-->`),
  onload: ({ run }) => svg('', `onload="${run}"`),
  'onload in capitals': ({ run }) =>
    `<svg viewBox="0 0 9 9" ONLOAD="${run}"><rect width="9" height="9"/></svg>`,
  'onload without a space': ({ run }) => `<svg/onload="${run}"><rect/></svg>`,
  'onload by an entity': ({ run }) => `<!DOCTYPE svg [<!ENTITY run "${run}">]>${svg('', 'onload="&run;"')}`,
  'an element by an entity': ({ run }) =>
    `<!DOCTYPE svg [<!ENTITY part "<script>${run}</script>">]>${svg('&part;')}`,
  'an entity from elsewhere': ({ url }) =>
    `<!DOCTYPE svg [<!ENTITY part SYSTEM "${url}">]>${svg('<text>&part;</text>')}`,
  'a default attribute': ({ run }) => `<!DOCTYPE svg [<!ATTLIST svg onload CDATA "${run}">]>${svg('')}`,
  'an error of an image': ({ run }) => svg(`<image href="x" onerror="${run}"/>`),
  'a focus': ({ run }) => svg(`<g tabindex="1" autofocus="autofocus" onfocus="${run}"><rect width="9"/></g>`),
  'the beginning of an animation': ({ run }) => svg(`<animate attributeName="x" dur="1s" onbegin="${run}"/>`),
  'the beginning of a set': ({ run }) => svg(`<set attributeName="x" onbegin="${run}"/>`),
  'the end of an animation of colours': ({ run }) =>
    svg(
      `<rect width="9"><animateTransform attributeName="transform" type="scale" dur="1ms" onend="${run}"/></rect>`,
    ),
  'a link': ({ run }) => svg(`<a href="javascript:${run}"><text y="9">x</text></a>`),
  'a link by xlink': ({ run }) => svg(`<a xlink:href="javascript:${run}"><text y="9">x</text></a>`),
  'a link in pieces': ({ run }) => svg(`<a href="java&#9;scr&#10;ipt:${run}"><text y="9">x</text></a>`),
  'a link that is animated': ({ run }) =>
    svg(`<a href="#"><animate attributeName="href" values="javascript:${run}"/><text y="9">x</text></a>`),
  'a link that is set': ({ run }) =>
    svg(`<a xlink:href="#"><set attributeName="xlink:href" to="javascript:${run}"/><text y="9">x</text></a>`),
  'a copy from elsewhere': ({ url }) => svg(`<use href="${url}#a"/>`),
  'a copy from a data address': ({ run }) =>
    svg(
      `<use href="data:image/svg+xml;base64,${base64(`<svg id="a" xmlns="http://www.w3.org/2000/svg" onload="${run}"/>`)}#a"/>`,
    ),
  'a frame': ({ url }) => svg(html(`<iframe src="${url}"/>`)),
  'a frame with a document': ({ run }) =>
    svg(html(`<iframe srcdoc="&lt;script>${run.replaceAll('fetch', 'parent.fetch')}&lt;/script>"/>`)),
  'an image of HTML': ({ run }) => svg(html(`<img src="x" onerror="${run}"/>`)),
  'an object': ({ url }) => svg(html(`<object data="${url}"/>`)),
  'a reload': ({ url }) => svg(html(`<meta http-equiv="refresh" content="0;url=${url}"/>`)),
  'an image from elsewhere': ({ url }) => svg(`<image href="${url}" width="9" height="9"/>`),
  'an image by xlink': ({ url }) => svg(`<image xlink:href="${url}" width="9" height="9"/>`),
  'an image that is a drawing': ({ url }) =>
    svg(
      `<image width="9" height="9" href="data:image/svg+xml;base64,${base64(svg(`<image href="${url}"/>`))}"/>`,
    ),
  'an image of a filter': ({ url }) =>
    svg(`<filter id="f"><feImage href="${url}"/></filter><rect filter="url(#f)" width="9" height="9"/>`),
  'a filter from elsewhere': ({ url }) => svg(`<rect width="9" height="9" filter="url(${url}#f)"/>`),
  'a fill from elsewhere': ({ url }) => svg(`<rect width="9" height="9" fill="url('${url}#f')"/>`),
  'a mask from elsewhere': ({ url }) => svg(`<rect width="9" height="9" style="mask: url(${url}#m)"/>`),
  'an imported style sheet': ({ url }) => svg(`<style>@import url(${url});</style>`),
  'an imported style sheet as text': ({ url }) => svg(`<style>@import "${url}";</style>`),
  'an imported style sheet in escapes': ({ url }) => svg(`<style>@\\69mport "${url}";</style>`),
  'a font from elsewhere': ({ url }) =>
    svg(`<style>@font-face{font-family:f;src:url(${url})}text{font-family:f}</style><text y="9">x</text>`),
  'a background in a style sheet': ({ url }) => svg(`<style>svg{background:url(${url})}</style>`),
  'a background in escapes': ({ url }) => svg(`<style>svg{background:u\\72l(${url})}</style>`),
  'a background in an attribute': ({ url }) => svg('', `style="background:image-set('${url}' 1x)"`),
  'a cursor': ({ url }) => svg(`<rect width="9" height="9" style="cursor:url(${url}),auto"/>`),
  'a style sheet by instruction': ({ url }) => `<?xml-stylesheet href="${url}" type="text/css"?>${svg('')}`,
  'a transformation by instruction': ({ url }) =>
    `<?xml-stylesheet href="${url}" type="text/xsl"?>${svg('')}`,
  'another base': ({ url }) => svg('<use href="#a"/><image href="x.png" width="9"/>', `xml:base="${url}/"`),
  'a handler of SVG Tiny': ({ run }) =>
    svg(`<handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load">${run}</handler>`),
  'an HTML element that ends the drawing': ({ run }) => svg(`<p><img src="x" onerror="${run}"/></p>`),
  'a closed attribute': ({ run }) => svg(`<g id='"&gt;&lt;script&gt;${run}&lt;/script&gt;'/>`),
  'a text that is markup': ({ run }) => svg(`<text>&lt;script&gt;${run}&lt;/script&gt;</text>`),
};
