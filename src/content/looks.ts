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

/**
 * What emphasis an inline element really has. Word processors write it as styles, and wrap a whole paste in a `<b>` that is
 * not bold.
 */
export function emphasisOf(element: Element): 'strong' | 'em' | 'span' | null {
  const style = typeof element.properties.style === 'string' ? element.properties.style : '';
  const weight = /(?:^|;)\s*font-weight\s*:\s*(\w+)/i.exec(style)?.[1]?.toLowerCase();
  switch (element.tagName) {
    case 'b':
    case 'strong':
      return weight === 'normal' || weight === '400' ? 'span' : 'strong';
    case 'i':
      return 'em';
    case 'span':
      if (weight === 'bold' || weight === 'bolder' || Number(weight) >= 600) return 'strong';
      return /(?:^|;)\s*font-style\s*:\s*italic/i.test(style) ? 'em' : null;
    default:
      return null;
  }
}

function matched(classes: readonly string[], pattern: RegExp): string | undefined {
  return classes.map((name) => pattern.exec(name)?.[1]).find(Boolean);
}
