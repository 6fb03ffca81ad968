// Draws the illustrations of the sample course as SVG and renders them with sharp: `node draw-media.mjs OUT_FOLDER`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const outFolder = process.argv[2];
if (outFolder === undefined) throw new Error('Cannot draw: no folder given, run make-media.sh');

const paper = '#fbf7ee';

/** Rough edges, pigment that gathers at the rim, and granulation: what makes a shape look painted. */
function washFilter(id, { seed, edge = 26, grain = 0.035 }) {
  return `<filter id="${id}" x="-15%" y="-15%" width="130%" height="130%" color-interpolation-filters="sRGB">
    <feTurbulence type="fractalNoise" baseFrequency="0.011" numOctaves="4" seed="${seed}" result="drift"/>
    <feDisplacementMap in="SourceGraphic" in2="drift" scale="${edge}" xChannelSelector="R" yChannelSelector="G" result="shape"/>
    <feTurbulence type="fractalNoise" baseFrequency="${grain}" numOctaves="5" seed="${seed + 7}" result="noise"/>
    <feColorMatrix in="noise" type="matrix" values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 -1.15 0 0 1.36" result="grain"/>
    <feComposite in="shape" in2="grain" operator="in" result="body"/>
    <feMorphology in="shape" operator="erode" radius="2" result="core"/>
    <feGaussianBlur in="core" stdDeviation="3.5" result="soft"/>
    <feComposite in="shape" in2="soft" operator="out" result="rim"/>
    <feMerge><feMergeNode in="body"/><feMergeNode in="rim"/></feMerge>
  </filter>`;
}

const filters = [1, 2, 3, 4, 5, 6]
  .map((n) => washFilter(`wash${n}`, { seed: n * 13 }))
  .concat(
    washFilter('fine', { seed: 91, edge: 9, grain: 0.06 }),
    `<filter id="pencil"><feTurbulence type="fractalNoise" baseFrequency="0.05" numOctaves="2" seed="4"/>
      <feDisplacementMap in="SourceGraphic" scale="5"/></filter>
    <filter id="tooth" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency="0.55" numOctaves="3" seed="2"/>
      <feColorMatrix type="matrix" values="0 0 0 0 0.35  0 0 0 0 0.3  0 0 0 0 0.2  0 0 0 -0.9 0.5"/></filter>
    <filter id="blur"><feGaussianBlur stdDeviation="14"/></filter>`,
  )
  .join('');

function sheet(width, height, content, { background = paper } = {}) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
    <defs>${filters}</defs>
    <rect width="100%" height="100%" fill="${background}"/>${content}
    <rect width="100%" height="100%" filter="url(#tooth)" opacity="0.22"/></svg>`;
}

const serif = 'font-family="DejaVu Serif" font-style="italic"';

const ridges = {
  far: 'M-40 380 C60 330 120 300 190 318 C260 250 330 215 400 262 C470 300 520 250 600 236 C690 190 760 270 830 300 C920 268 990 230 1080 270 C1170 300 1240 330 1340 300 L1340 440 L-40 440 Z',
  middle:
    'M-40 420 C70 372 170 340 270 372 C360 400 430 356 520 350 C610 342 690 398 790 404 C900 396 980 330 1090 336 C1190 342 1260 382 1340 372 L1340 462 L-40 462 Z',
  near: 'M-40 446 C120 416 240 424 350 440 C470 456 560 446 660 452 C780 458 900 424 1020 418 C1140 414 1230 430 1340 424 L1340 486 L-40 486 Z',
};

/** The lake at sunrise, painted up to `stage` 0 (pencil) to 4 (finished), on a 1280 × 720 sheet. */
function lake(stage) {
  const layers = [`<clipPath id="frame"><rect x="30" y="26" width="1220" height="668"/></clipPath>`];
  if (stage < 4)
    layers.push(`<g fill="none" stroke="#8d867c" stroke-width="2" filter="url(#pencil)" opacity="${stage === 0 ? 0.9 : 0.35}">
      <path d="${ridges.far}"/><path d="${ridges.middle}"/><path d="${ridges.near}"/><circle cx="860" cy="190" r="52"/>
      <path d="M120 640 C150 560 150 520 168 470 M150 640 C190 580 200 540 222 500 M90 640 C100 590 92 560 84 520"/></g>`);
  if (stage >= 1)
    layers.push(`<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#5f93bd"/><stop offset="0.45" stop-color="#a9c7d6"/>
        <stop offset="0.75" stop-color="#f6d7ae"/><stop offset="1" stop-color="#f3b98a"/></linearGradient>
      <g filter="url(#wash1)"><rect x="40" y="36" width="1200" height="420" fill="url(#sky)" opacity="0.92"/></g>
      <circle cx="860" cy="190" r="104" fill="#fff3d0" opacity="0.55" filter="url(#blur)"/>
      <circle cx="860" cy="190" r="50" fill="#fff6dd" filter="url(#fine)"/>
      <g fill="#fbf7ee" opacity="0.5" filter="url(#blur)"><ellipse cx="330" cy="130" rx="170" ry="26"/><ellipse cx="520" cy="180" rx="130" ry="18"/><ellipse cx="1080" cy="120" rx="120" ry="20"/></g>`);
  if (stage >= 2)
    layers.push(`<linearGradient id="water" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f0c69c"/><stop offset="0.3" stop-color="#b9cdd2"/>
        <stop offset="1" stop-color="#3f7391"/></linearGradient>
      <g filter="url(#wash2)"><rect x="40" y="462" width="1200" height="226" fill="url(#water)" opacity="0.95"/></g>
      <g filter="url(#wash3)" style="mix-blend-mode:multiply"><path d="${ridges.far}" fill="#9fb4d0" opacity="0.8"/></g>`);
  if (stage >= 3)
    layers.push(`<g filter="url(#wash4)" style="mix-blend-mode:multiply"><path d="${ridges.middle}" fill="#6f8fae" opacity="0.85"/></g>
      <g filter="url(#wash5)" style="mix-blend-mode:multiply"><path d="${ridges.near}" fill="#3c6a73" opacity="0.92"/></g>
      <g fill="#fff6dd" opacity="0.75" filter="url(#fine)"><rect x="800" y="500" width="120" height="5"/><rect x="826" y="524" width="76" height="5"/>
        <rect x="778" y="552" width="160" height="6"/><rect x="836" y="586" width="60" height="5"/><rect x="806" y="620" width="110" height="6"/></g>`);
  if (stage >= 4)
    layers.push(`<g filter="url(#wash6)" style="mix-blend-mode:multiply" fill="#4d7f84" opacity="0.45"><path d="M60 486 C240 540 420 520 640 498 L640 486 Z"/><path d="M900 486 C1010 520 1140 530 1240 510 L1240 486 Z"/></g>
      <g fill="none" stroke="#2f4a3a" stroke-linecap="round" filter="url(#fine)">
        ${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
          .map((n) => {
            const x = 60 + n * 21;
            const lean = (n % 4) * 14 - 18;
            return `<path stroke-width="${3 + (n % 3) * 1.6}" d="M${x} 690 C${x + lean / 2} 620 ${x + lean} 570 ${x + lean * 1.7} ${478 + (n % 5) * 24}"/>`;
          })
          .join('')}</g>
      <g fill="#6b4a2f" filter="url(#fine)"><ellipse cx="98" cy="492" rx="6" ry="22"/><ellipse cx="186" cy="506" rx="6" ry="20"/><ellipse cx="262" cy="486" rx="6" ry="24"/></g>
      <g filter="url(#fine)"><path d="M560 566 C600 590 700 590 744 562 C736 600 710 612 650 612 C596 612 568 598 560 566 Z" fill="#8c4a32"/><path d="M648 566 L652 476 L712 560 Z" fill="#fdf3e1"/><path d="M644 566 L640 492 L596 560 Z" fill="#f3e2c6"/></g>
      <g fill="none" stroke="#40566b" stroke-width="3" stroke-linecap="round"><path d="M430 150 q14 -14 24 2 q12 -15 26 -4"/><path d="M500 190 q10 -11 18 1 q9 -11 20 -3"/><path d="M390 214 q9 -9 16 1 q8 -9 17 -2"/></g>`);
  return `${layers[0]}<g clip-path="url(#frame)">${layers.slice(1).join('')}</g>`;
}

function blob(x, y, r, colour, filter, opacity = 0.9) {
  return `<g filter="url(#${filter})" style="mix-blend-mode:multiply"><circle cx="${x}" cy="${y}" r="${r}" fill="${colour}" opacity="${opacity}"/></g>`;
}

function brush(x, y, angle, length, { handle, tip, width = 18 }) {
  return `<g transform="translate(${x} ${y}) rotate(${angle})">
    <path d="M${-width * 0.35} 0 C${-width * 0.6} ${-length * 0.4} ${-width * 0.25} ${-length * 0.8} 0 ${-length} C${width * 0.25} ${-length * 0.8} ${width * 0.6} ${-length * 0.4} ${width * 0.35} 0 Z" fill="${handle}"/>
    <rect x="${-width * 0.42}" y="0" width="${width * 0.84}" height="${width * 3}" rx="2" fill="#c9c3b8"/><rect x="${-width * 0.42}" y="${width * 0.9}" width="${width * 0.84}" height="3" fill="#948d80"/>
    <path d="M${-width * 0.42} ${width * 3} C${-width * 0.75} ${width * 4.4} ${-width * 0.3} ${width * 5.6} 0 ${width * 6.6} C${width * 0.3} ${width * 5.6} ${width * 0.75} ${width * 4.4} ${width * 0.42} ${width * 3} Z" fill="#6a4a33"/>
    <path d="M${-width * 0.42} ${width * 4.6} C${-width * 0.3} ${width * 5.6} ${-width * 0.1} ${width * 6.2} 0 ${width * 6.6} C${width * 0.1} ${width * 6.2} ${width * 0.3} ${width * 5.6} ${width * 0.42} ${width * 4.6} Z" fill="${tip}"/></g>`;
}

const pans = [
  '#f2c230',
  '#e0662f',
  '#c0292f',
  '#a03a7c',
  '#2b4c9b',
  '#2f8ec2',
  '#2f7f5f',
  '#7aa63a',
  '#8a5a2f',
  '#4a3b35',
];

const pictures = {
  'cover.jpg': sheet(1280, 720, lake(4)),
  'materials.png': sheet(
    960,
    600,
    `<g filter="url(#wash2)" opacity="0.35"><rect x="40" y="60" width="880" height="480" fill="#b8d3d8"/></g>
    <rect x="70" y="90" width="330" height="430" rx="4" fill="#fffdf8" stroke="#d9d0bf" stroke-width="2"/>
    ${blob(180, 220, 62, '#5f93bd', 'wash1', 0.8)}${blob(270, 270, 54, '#e9a24f', 'wash3', 0.75)}${blob(205, 350, 60, '#7f9f5a', 'wash5', 0.7)}
    <text x="105" y="490" ${serif} font-size="24" fill="#7a6f60">cotton paper, 300 g</text>
    <rect x="450" y="330" width="440" height="190" rx="16" fill="#3a3a3f"/><rect x="464" y="344" width="412" height="162" rx="10" fill="#f4f1ea"/>
    ${pans.map((c, n) => `<g><rect x="${478 + (n % 5) * 78}" y="${358 + Math.floor(n / 5) * 72}" width="66" height="60" rx="6" fill="#fff" stroke="#d6d0c4"/><rect x="${484 + (n % 5) * 78}" y="${364 + Math.floor(n / 5) * 72}" width="54" height="48" rx="5" fill="${c}"/></g>`).join('')}
    ${brush(520, 200, 62, 220, { handle: '#26333f', tip: '#2b4c9b', width: 16 })}${brush(560, 140, 74, 240, { handle: '#7d2f2a', tip: '#c0292f', width: 22 })}${brush(640, 250, 52, 200, { handle: '#2f5a48', tip: '#2f7f5f', width: 12 })}
    <g><ellipse cx="826" cy="276" rx="62" ry="16" fill="#bcd8e2"/><path d="M764 186 L772 276 C780 292 872 292 880 276 L888 186 Z" fill="#cfe4ea" opacity="0.75"/><ellipse cx="826" cy="186" rx="62" ry="15" fill="#e8f3f5" stroke="#aac7d0"/></g>`,
    { background: '#f6efe2' },
  ),
  'colour-wheel.png': sheet(
    800,
    800,
    [
      '#f4cf2f',
      '#f0a92d',
      '#e77b2b',
      '#d9482e',
      '#c22a3c',
      '#98307a',
      '#5e3c94',
      '#3a4fa2',
      '#2f7fbf',
      '#2f9a9a',
      '#4a9a55',
      '#a2b93a',
    ]
      .map((colour, n) => {
        const angle = (n / 12) * 2 * Math.PI - Math.PI / 2;
        return blob(
          400 + 270 * Math.cos(angle),
          400 + 270 * Math.sin(angle),
          n % 4 === 0 ? 78 : 62,
          colour,
          `wash${(n % 6) + 1}`,
        );
      })
      .join('') +
      `<path d="M400 190 L582 505 L218 505 Z" fill="none" stroke="#9b9184" stroke-width="2" stroke-dasharray="6 8"/>
      <text x="400" y="432" text-anchor="middle" ${serif} font-size="30" fill="#5d5347">three primaries,</text>
      <text x="400" y="474" text-anchor="middle" ${serif} font-size="30" fill="#5d5347">every neighbour</text>`,
  ),
  'washes.jpg': sheet(
    1080,
    520,
    `<linearGradient id="graded" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#2b5c9b"/><stop offset="1" stop-color="#2b5c9b" stop-opacity="0.05"/></linearGradient>
    <g filter="url(#wash1)"><rect x="60" y="60" width="280" height="340" fill="#4f93ad" opacity="0.9"/></g>
    <g filter="url(#wash3)"><rect x="400" y="60" width="280" height="340" fill="url(#graded)"/></g>
    <g filter="url(#wash4)"><rect x="740" y="60" width="280" height="340" fill="#f1cf9a" opacity="0.75"/></g>
    <g filter="url(#blur)" style="mix-blend-mode:multiply"><circle cx="810" cy="150" r="50" fill="#d9582e" opacity="0.8"/><circle cx="920" cy="210" r="60" fill="#b13a6c" opacity="0.7"/><circle cx="850" cy="310" r="52" fill="#5b4a9b" opacity="0.65"/><circle cx="960" cy="340" r="34" fill="#e7a02b" opacity="0.9"/></g>
    ${['flat', 'graded', 'wet in wet'].map((label, n) => `<text x="${200 + n * 340}" y="468" text-anchor="middle" ${serif} font-size="34" fill="#5d5347">${label}</text>`).join('')}`,
  ),
  'pear.jpg': sheet(
    900,
    700,
    `<g filter="url(#wash2)"><rect x="60" y="440" width="780" height="200" fill="#c9d5c0" opacity="0.85"/></g>
    <g filter="url(#blur)" style="mix-blend-mode:multiply"><ellipse cx="540" cy="560" rx="200" ry="36" fill="#6a5f86" opacity="0.6"/></g>
    <g filter="url(#wash4)"><path d="M440 140 C500 140 520 210 530 270 C545 340 610 380 606 470 C602 556 530 590 440 590 C350 590 280 556 276 470 C272 380 340 340 354 270 C364 210 380 140 440 140 Z" fill="#dcc44a"/></g>
    <g filter="url(#wash6)" style="mix-blend-mode:multiply"><path d="M520 240 C545 340 610 380 606 470 C602 556 530 590 440 590 C520 560 550 480 530 400 C520 350 505 300 520 240 Z" fill="#8aa03c" opacity="0.85"/><circle cx="350" cy="490" r="52" fill="#d9773a" opacity="0.5"/></g>
    <ellipse cx="386" cy="400" rx="24" ry="44" fill="#fffbe2" opacity="0.85" filter="url(#fine)"/>
    <g filter="url(#fine)"><path d="M438 150 C436 110 450 84 476 66 L488 78 C464 96 456 120 456 150 Z" fill="#5a3f28"/><path d="M468 96 C520 52 590 60 620 96 C570 128 510 128 468 96 Z" fill="#6f9a45"/></g>`,
  ),
  'portrait.jpg': sheet(
    600,
    600,
    `${blob(300, 300, 250, '#cfe0dc', 'wash1', 0.9)}
    <g filter="url(#wash5)"><path d="M120 600 C130 460 220 420 300 420 C380 420 470 460 480 600 Z" fill="#3f6f86"/></g>
    <g filter="url(#fine)"><rect x="268" y="350" width="64" height="90" rx="28" fill="#d9a57e"/><ellipse cx="300" cy="290" rx="88" ry="104" fill="#e6b890"/>
      <path d="M206 300 C190 380 200 420 226 440 C220 380 220 330 232 270 Z M394 300 C410 380 400 420 374 440 C380 380 380 330 368 270 Z" fill="#7a4a2f"/>
      <path d="M110 246 C170 206 430 206 490 246 C430 284 170 284 110 246 Z" fill="#e2c179"/><path d="M206 236 C206 130 394 130 394 236 C340 254 260 254 206 236 Z" fill="#ecd08c"/><path d="M206 226 C260 246 340 246 394 226 L394 240 C340 260 260 260 206 240 Z" fill="#a8432f"/></g>
    <g fill="none" stroke="#5a3a28" stroke-width="5" stroke-linecap="round"><path d="M254 300 q14 -8 26 0"/><path d="M322 300 q14 -8 26 0"/><path d="M270 352 q30 22 60 0"/><path d="M302 306 q8 22 -4 26" stroke-width="3"/></g>
    <g opacity="0.5" fill="#d9604a" filter="url(#blur)"><circle cx="246" cy="334" r="18"/><circle cx="354" cy="334" r="18"/></g>
    ${brush(470, 420, 20, 190, { handle: '#26333f', tip: '#c0292f', width: 14 })}`,
  ),
  'mark.png': `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240" viewBox="0 0 240 240"><defs>${filters}</defs>
    <g filter="url(#fine)"><path d="M120 20 C150 80 190 110 190 150 C190 192 158 220 120 220 C82 220 50 192 50 150 C50 110 90 80 120 20 Z" fill="#3f87ad"/></g>
    <path d="M88 150 C90 176 106 190 124 194" fill="none" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity="0.85"/></svg>`,
};

await mkdir(join(outFolder, 'frames'), { recursive: true });
for (const [name, svg] of Object.entries(pictures)) {
  const image = sharp(Buffer.from(svg));
  const encoded = name.endsWith('.png')
    ? image.png({ palette: true, colours: 64, dither: 0, effort: 10 })
    : image.flatten({ background: paper }).jpeg({ quality: 78, mozjpeg: true });
  await encoded.toFile(join(outFolder, name));
}
for (const stage of [0, 1, 2, 3, 4]) {
  await sharp(Buffer.from(sheet(1280, 720, lake(stage))))
    .png()
    .toFile(join(outFolder, 'frames', `${stage}.png`));
}
