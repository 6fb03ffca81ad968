/** Elements that put something on the canvas; a drawing without any is empty. */
export const drawingTags: ReadonlySet<string> = words(
  'circle ellipse image line path polygon polyline rect text use',
);

/**
 * Elements of a drawing that neither run, load, animate nor hold HTML (SVG 2, element index). All others go with their insides,
 * but for `unwrappedTags`.
 */
export const allowedTags: ReadonlySet<string> = new Set([
  ...drawingTags,
  ...words(`clipPath defs desc g linearGradient marker mask pattern radialGradient stop style svg symbol textPath title tspan
    filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
    feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology
    feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence`),
]);

/** Elements that mean nothing in a picture, but whose insides are drawn. */
export const unwrappedTags: ReadonlySet<string> = words('a switch');

/** Elements whose only inside is text. */
export const textTags: ReadonlySet<string> = words('desc style title');

/** Attributes without prefix, apart from `href`; presentation attributes are in the second half. */
export const allowedAttributes: ReadonlySet<string> = words(`
  amplitude azimuth baseFrequency bias class clipPathUnits cx cy d diffuseConstant divisor dx dy edgeMode elevation exponent
  filterUnits fr fx fy gradientTransform gradientUnits height id in in2 intercept k1 k2 k3 k4 kernelMatrix lang lengthAdjust
  limitingConeAngle markerHeight markerUnits markerWidth maskContentUnits maskUnits method mode numOctaves offset operator order
  orient pathLength patternContentUnits patternTransform patternUnits points pointsAtX pointsAtY pointsAtZ preserveAlpha
  preserveAspectRatio primitiveUnits r radius refX refY result rotate rx ry scale seed side slope spacing specularConstant
  specularExponent spreadMethod startOffset stdDeviation stitchTiles style surfaceScale tableValues targetX targetY textLength
  transform type values viewBox width x x1 x2 xChannelSelector y y1 y2 yChannelSelector z

  alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation color-interpolation-filters direction
  display dominant-baseline fill fill-opacity fill-rule filter flood-color flood-opacity font-family font-size font-size-adjust
  font-stretch font-style font-variant font-weight image-rendering isolation letter-spacing lighting-color marker-end marker-mid
  marker-start mask mix-blend-mode opacity overflow paint-order shape-rendering stop-color stop-opacity stroke stroke-dasharray
  stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration
  text-rendering transform-origin unicode-bidi vector-effect visibility word-spacing writing-mode`);

/** A part of the same drawing; nothing else may be referred to. */
export const localReference = /^#[\w:.-]+$/;

/**
 * True for CSS, or a value of an attribute, that loads nothing and runs nothing. `url()` may only name a part of the same
 * drawing, as gradients are named; escapes could spell anything, and rules with "@" import and load fonts.
 */
export function isHarmlessStyle(css: string): boolean {
  const rest = css.replace(/url\(\s*(["']?)#[\w:.-]+\1\s*\)/gi, '');
  return !/[\\@<]|(?:url|src|image|image-set|element|expression|attr)\s*\(|script\s*:|binding|behavior/i.test(
    rest,
  );
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}
