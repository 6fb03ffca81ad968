import { readAddress } from '../../content/addresses.ts';
import type { SourceBlock, SourceRemark } from '../types.ts';
import { claimedExtension, readableFileName } from './names.ts';
import { mapQuiz } from './quiz.ts';
import { type RemarkCode, remark } from './remarks.ts';
import { parseQuizQuestions, type WireAttachment } from './schemas.ts';

/** What an attachment becomes, before it has its id and place. */
type BlockBody = SourceBlock extends infer Block
  ? Block extends SourceBlock
    ? Omit<Block, 'id' | 'sourceKind' | 'position'>
    : never
  : never;

export interface MappedBlock {
  readonly body: BlockBody;
  readonly remarks: readonly SourceRemark[];
}

type FileBlockKind = 'pdf' | 'image' | 'audio' | 'file';

/** Attachment kinds with a file behind them; `pdf` is the word of the documentation, `pdf_embed` that of the wire. */
const fileKinds: Readonly<Record<string, FileBlockKind>> = {
  pdf_embed: 'pdf',
  pdf: 'pdf',
  image: 'image',
  audio: 'audio',
  file: 'file',
};

/** Maps one attachment by its kind. A kind that nobody knows is kept as it came, and told. */
export function mapAttachment(wire: WireAttachment, id: string, raw: unknown): MappedBlock {
  const kind = wire.kind ?? '';
  const fileKind = Object.hasOwn(fileKinds, kind) ? fileKinds[kind] : undefined;
  if (fileKind) return mapFile(wire, fileKind, id, raw);

  switch (kind) {
    case 'text':
    case 'html':
      return { body: { kind: 'text', html: wire.text ?? '' }, remarks: [] };
    case 'code_display':
      return { body: { kind: 'code', code: wire.text ?? '', language: null }, remarks: [] };
    case 'code_embed':
    case 'embed':
      return { body: { kind: 'embed', html: wire.text, url: webAddress(wire.url) }, remarks: [] };
    case 'video':
      return mapVideo(wire, id);
    case 'quiz':
      return mapQuizAttachment(wire, id, raw);
    case 'native_comments':
      return unsupported('Comments are not available from Teachable', raw, 'COMMENTS_NOT_AVAILABLE', id);
    case 'upsell':
      return unsupported('Offers are not available from Teachable', raw, 'UPSELL_NOT_AVAILABLE', id);
    default:
      return unsupported(`The kind "${kind}" is not known`, raw, 'KIND_UNSUPPORTED', id, kind);
  }
}

/** Keeps what cannot be shown: as it came, in its place, with the reason. */
export function unsupported(
  reason: string,
  raw: unknown,
  code: RemarkCode,
  block: string,
  detail?: string,
): MappedBlock {
  return {
    body: { kind: 'unsupported', reason, raw },
    remarks: [remark(code, { block, ...(detail === undefined ? {} : { detail }) })],
  };
}

function mapFile(wire: WireAttachment, kind: FileBlockKind, id: string, raw: unknown): MappedBlock {
  const url = webAddress(wire.url);
  if (url === null) return unsupported('The file has no address', raw, 'FILE_WITHOUT_URL', id, kind);
  return { body: { kind, url, ...fileFacts(wire, url, `${kind}-${id}`) }, remarks: [] };
}

/** A video without an upload address is normal: its playable address is asked for when it is needed. */
function mapVideo(wire: WireAttachment, id: string): MappedBlock {
  const url = webAddress(wire.url);
  return { body: { kind: 'video', url, ...fileFacts(wire, url, `video-${id}`) }, remarks: [] };
}

function mapQuizAttachment(wire: WireAttachment, id: string, raw: unknown): MappedBlock {
  const questions = parseQuizQuestions(wire.quiz);
  if (questions === null) return unsupported('The quiz has no content', raw, 'BLOCK_UNREADABLE', id, 'quiz');

  const quiz = mapQuiz(questions);
  const uncertain = quiz.questions.flatMap(({ review }, index) =>
    review ? [`${index + 1}: ${review}`] : [],
  );
  const remarks: SourceRemark[] = [];
  if (quiz.questions.length === 0) remarks.push(remark('QUIZ_WITHOUT_QUESTIONS', { block: id }));
  if (uncertain.length > 0) {
    remarks.push(remark('QUIZ_NEEDS_REVIEW', { block: id, detail: uncertain.join('\n') }));
  }
  return { body: { kind: 'quiz', ...quiz }, remarks };
}

function fileFacts(wire: WireAttachment, url: string | null, fallback: string) {
  const fileName = readableFileName(wire.name, url, fallback);
  return { fileName, extension: claimedExtension(wire.file_extension, fileName) };
}

/** An http(s) address in its normal form, or null. */
export function webAddress(text: string | null): string | null {
  const address = readAddress(text ?? '', null);
  return address?.kind === 'web' ? address.url.href : null;
}
