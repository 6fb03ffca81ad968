import { chance, hexadecimal, pick } from '../random.ts';
import { type Asset, bytesBody, fillerBody, readMedia } from './asset.ts';
import type { Attachment, Lecture } from './school.ts';
import { solidPng } from './solid-png.ts';

/** What decides the content of generated lessons; a share goes from 0 to 1. */
export interface LessonOptions {
  readonly seed: number;
  /** Characters of a lesson's text, about. Default 1,200. */
  readonly textCharacters?: number;
  /** Share of lessons that have an image in their text. Default 0.4. */
  readonly images?: number;
  /** Share of lessons with a video: a stream, and every second time a reachable upload as well. Default 0.5. */
  readonly videos?: number;
  /** Share of lessons with a PDF. Default 0.25. */
  readonly files?: number;
  /** Size of each PDF and at least of each uploaded video; any size costs no memory. Default 20,000. */
  readonly fileBytes?: number;
  /** Share of lessons with a quiz. Default 0.1. */
  readonly quizzes?: number;
}

const host = 'cdn.fs.teachablecdn.com';
const fileKinds = ['image', 'video', 'pdf'] as const;
type FileKind = (typeof fileKinds)[number];
const location = new RegExp(`^${host}/(\\w{12})(${fileKinds.join('|')})(\\d+)$`);

const firstAttachmentId = 100_000_000;
const attachmentsPerLecture = 10;

const words =
  'water paper light brush colour edge wash morning shadow layer pigment sky tilt bead dry soft warm cold quiet slow line sheet hand table window'.split(
    ' ',
  );

/** Place of the lecture among all lectures of the school, by the id of one of its attachments. */
export function ordinalOfAttachment(attachmentId: number): number {
  return Math.floor((attachmentId - firstAttachmentId) / attachmentsPerLecture);
}

/** A lecture's attachments, always the same for the same seed and place. */
export function makeAttachments(ordinal: number, options: LessonOptions): Lecture['attachments'] {
  const { seed, images = 0.4, videos = 0.5, files = 0.25, quizzes = 0.1 } = options;
  const has = (part: string, share: number) => chance(seed, part, ordinal) < share;
  const url = (kind: FileKind) => `https://${host}/${handle(seed, kind, ordinal)}${kind}${ordinal}`;

  const drafts: Omit<Attachment, 'id' | 'position'>[] = [];
  if (has('video', videos)) {
    const upload = chance(seed, 'upload', ordinal) < 0.5 ? url('video') : null;
    drafts.push({
      name: `film ${ordinal}.mp4`,
      kind: 'video',
      url: upload,
      text: null,
      file_size: 0,
      file_extension: 'mp4',
    });
  }
  const image = has('image', images) ? `<p><img src="${url('image')}"></p>` : '';
  drafts.push({ name: null, kind: 'text', url: null, text: `${image}${makeHtml(ordinal, options)}` });
  if (has('pdf', files)) {
    const name = `sheet ${ordinal}.pdf`;
    drafts.push({
      name,
      kind: 'pdf_embed',
      url: url('pdf'),
      text: null,
      file_size: 0,
      file_extension: 'pdf',
    });
  }
  if (has('quiz', quizzes)) drafts.push(makeQuiz(ordinal, seed));
  return drafts.map((draft, index) => ({
    id: firstAttachmentId + ordinal * attachmentsPerLecture + index,
    position: index + 1,
    ...draft,
  }));
}

/** Two or three words that tell what something is about. */
export function makeTitle(seed: number, ...place: readonly (string | number)[]): string {
  const title = [1, 2, 3].map((n) => pick(words, seed, ...place, n)).join(' ');
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function makeHtml(ordinal: number, { seed, textCharacters = 1_200 }: LessonOptions): string {
  let html = '';
  for (let paragraph = 0; html.length < textCharacters; paragraph += 1) {
    const sentences = [1, 2, 3, 4].map((n) => {
      const tail = [1, 2, 3, 4, 5].map((word) => pick(words, seed, ordinal, paragraph, n, word)).join(' ');
      return `${makeTitle(seed, ordinal, paragraph, n)} ${tail}.`;
    });
    html += `<p>${sentences.join(' ')}</p>`;
  }
  return html;
}

function makeQuiz(ordinal: number, seed: number): Omit<Attachment, 'id' | 'position'> {
  const answers = [1, 2, 3].map((n) => `${pick(words, seed, 'answer', ordinal, n)} ${n}`);
  const correct = pick(answers, seed, 'correct', ordinal);
  const question = {
    question: `${makeTitle(seed, 'question', ordinal)}?`,
    question_type: 'single',
    answers,
    correct_answers: [correct],
    graded: true,
  };
  const quiz = { id: 200_000_000 + ordinal, type: 'Quiz', questions: [question] } as const;
  return { name: null, kind: 'quiz', url: null, text: null, quiz };
}

function handle(seed: number, kind: FileKind, ordinal: number): string {
  return hexadecimal(12, seed, kind, ordinal);
}

/** The file behind a URL that {@link makeAttachments} wrote; undefined for any other. */
export function findGeneratedAsset(wanted: string, options: LessonOptions): Asset | undefined {
  const [, digits, kindText, place] = location.exec(wanted) ?? [];
  const kind = fileKinds.find((known) => known === kindText);
  const ordinal = Number(place);
  if (kind === undefined || digits !== handle(options.seed, kind, ordinal)) return undefined;
  const { fileBytes = 20_000 } = options;
  const label = `${digits} ${kind} ${ordinal}`;
  const fillerSeed = ordinal * fileKinds.length + fileKinds.indexOf(kind);
  switch (kind) {
    case 'image': {
      const colour = Number.parseInt(digits.slice(0, 6), 16);
      return { body: bytesBody(solidPng(64, colour, label)), contentType: 'image/png', status: 200 };
    }
    case 'pdf': {
      const head = Buffer.from(`%PDF-1.7\n%${label}\n`);
      return { body: fillerBody(head, fileBytes, fillerSeed), contentType: 'application/pdf', status: 200 };
    }
    case 'video': {
      const film = readMedia('drift.mp4');
      const padding = Math.max(1_000, fileBytes - film.byteLength);
      const head = Buffer.concat([film, freeBox(padding), Buffer.from(label)]);
      const sizeBytes = film.byteLength + padding;
      return { body: fillerBody(head, sizeBytes, fillerSeed), contentType: 'video/mp4', status: 200 };
    }
  }
}

/** Header of an MP4 box that players skip (ISO/IEC 14496-12 §8.1.2), in its 64-bit form. */
function freeBox(sizeBytes: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1, 0);
  header.write('free', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(sizeBytes), 8);
  return header;
}
