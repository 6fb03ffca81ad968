import { open } from 'node:fs/promises';
import { fileTypeFromFile } from 'file-type';
import type { FileKind } from '../db/schema/assets.ts';

/** What bytes are, by looking at them. */
export interface DetectedType {
  readonly contentType: string;
  /** Lower case, without dot. */
  readonly extension: string;
}

/** What others say about a file, for when its bytes do not tell. */
export interface TypeHints {
  readonly contentType?: string | null | undefined;
  readonly extension?: string | null | undefined;
}

/** Enough to tell a page or a drawing from other text. */
const sniffedBytes = 4_096;

/** Containers of many formats, where the name says more than the bytes. */
const containers: readonly string[] = ['application/zip', 'application/x-cfb', 'application/xml'];

const textTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  ics: 'text/calendar',
  json: 'application/json',
  md: 'text/markdown',
  srt: 'application/x-subrip',
  txt: 'text/plain',
  vtt: 'text/vtt',
};

const pageType: DetectedType = { contentType: 'text/html', extension: 'html' };
const drawingType: DetectedType = { contentType: 'image/svg+xml', extension: 'svg' };

/**
 * Detects the type by magic bytes. Only where these say nothing, hints decide: the server's `Content-Type` for audio
 * and video, else the extension; at last plain text or `application/octet-stream`.
 */
export async function detectType(path: string, hints: TypeHints): Promise<DetectedType> {
  const text = await readStart(path);
  const markup = text === null ? null : detectMarkup(text);
  if (markup) return markup;

  const hinted = cleanExtension(hints.extension);
  const detected = await fileTypeFromFile(path);
  if (detected) {
    const keepsHint = hinted !== null && containers.includes(detected.mime);
    return { contentType: detected.mime, extension: keepsHint ? hinted : detected.ext };
  }

  const claimed = hints.contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (text === null && /^(audio|video)\/[\w.+-]+$/.test(claimed)) {
    return { contentType: claimed, extension: hinted ?? 'bin' };
  }
  if (text === null) return { contentType: 'application/octet-stream', extension: hinted ?? 'bin' };
  return { contentType: textTypes[hinted ?? ''] ?? 'text/plain', extension: hinted ?? 'txt' };
}

/**
 * True when bytes of this type may stand where the course has that kind of file. A web page may only be a `file`, and
 * only when its name says so: otherwise it is a server's error or sign-in page.
 */
export function isTypeAllowed(kind: FileKind, { contentType }: DetectedType, hints: TypeHints): boolean {
  switch (kind) {
    case 'image':
      return contentType.startsWith('image/');
    case 'pdf':
      return contentType === 'application/pdf';
    case 'audio':
    case 'video':
      // Containers such as MP4, WebM and Ogg hold either, and their names do not tell which.
      return /^(audio|video)\//.test(contentType) || /^application\/(ogg|mxf|vnd\.ms-asf)$/.test(contentType);
    case 'file':
      return contentType !== 'text/html' || /^(html?|xhtml)$/.test(cleanExtension(hints.extension) ?? '');
    default:
      return kind satisfies never;
  }
}

/** The extension in lower case without dot, or null when it is none (`talk.wmv.mp4` is an `mp4`). */
export function lastExtension(name: string | null | undefined): string | null {
  return cleanExtension(/\.([^.]+)$/.exec(name?.trim() ?? '')?.[1]);
}

function cleanExtension(extension: string | null | undefined): string | null {
  const cleaned = extension?.trim().replace(/^\./, '').toLowerCase() ?? '';
  return /^[a-z0-9]{1,10}$/.test(cleaned) ? cleaned : null;
}

/** The first characters, or null when the bytes are not UTF-8 text. */
async function readStart(path: string): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffedBytes), 0, sniffedBytes, 0);
    // `stream` forgives a character that is cut at the end.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead), {
      stream: true,
    });
    return text.includes('\0') ? null : text;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}

function detectMarkup(text: string): DetectedType | null {
  const start = text
    .replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>/g, '')
    .trimStart()
    .toLowerCase();
  if (/^(<!doctype svg[^>]*>\s*)?<svg[\s>]/.test(start)) return drawingType;
  return /^(<!doctype html|<html[\s>]|<head[\s>]|<body[\s>])/.test(start) ? pageType : null;
}
