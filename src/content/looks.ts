import type { Element, Properties } from 'hast';

/**
 * The few looks that carry meaning, as classes of ours: alignment and indentation of Quill's editor (`ql-align-center`), of
 * inline styles and of old attributes. The direction of writing stays a direction.
 */
export function keepLooks(element: Element): Properties {
  const { className, style, align, dir } = element.properties;
  const classes = Array.isArray(className) ? className.map(String) : [];
  const alignment =
    matched(classes, /^(?:ql-)?align-(center|right|justify)$/) ??
    /(?:^|;)\s*text-align\s*:\s*(center|right|justify)\b/i.exec(
      typeof style === 'string' ? style : '',
    )?.[1] ??
    /^(center|right|justify)$/i.exec(typeof align === 'string' ? align : '')?.[1] ??
    (element.tagName === 'center' ? 'center' : undefined);
  const indent = matched(classes, /^(?:ql-)?indent-([1-8])$/);
  const direction = classes.includes('ql-direction-rtl') ? 'rtl' : dir;

  const kept = [
    ...(alignment ? [`align-${alignment.toLowerCase()}`] : []),
    ...(indent ? [`indent-${indent}`] : []),
  ];
  return {
    ...(kept.length > 0 && { className: kept }),
    ...(typeof direction === 'string' && { dir: direction.toLowerCase() }),
  };
}

function matched(classes: readonly string[], pattern: RegExp): string | undefined {
  return classes.map((name) => pattern.exec(name)?.[1]).find(Boolean);
}
