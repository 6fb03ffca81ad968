import type {
  SourceBlock,
  SourceCourse,
  SourceCourseSummary,
  SourceLesson,
  SourceRemark,
  SourceSection,
  SourceVideo,
} from '../types.ts';
import { mapAttachment, unsupported, webAddress } from './blocks.ts';
import { videoRequestHeaders } from './limits.ts';
import { readableName, readableText } from './names.ts';
import { inSourceOrder } from './order.ts';
import { remark } from './remarks.ts';
import {
  parseAttachment,
  parseLectureReference,
  parseSection,
  type WireCourse,
  type WireCourseSummary,
  type WireLecture,
  type WireLectureReference,
  type WireVideo,
} from './schemas.ts';

/** Pure: from Teachable's words to ours. Never throws, and leaves nothing out without a remark. */

export function mapCourseSummary(wire: WireCourseSummary): SourceCourseSummary {
  return {
    id: wire.id,
    title: readableName(wire.name, 'Untitled course'),
    published: wire.is_published ?? true,
  };
}

export function mapCourse(wire: WireCourse): SourceCourse {
  const remarks: SourceRemark[] = [];
  return {
    ...mapCourseSummary(wire),
    subtitle: readableText(wire.heading),
    descriptionHtml: wire.description?.trim() || null,
    imageUrl: webAddress(wire.image_url),
    author: wire.author_bio && {
      name: readableName(wire.author_bio.name, 'Unknown author'),
      bioHtml: wire.author_bio.bio?.trim() || null,
      imageUrl: webAddress(wire.author_bio.profile_image_url),
    },
    sections: mapSections(wire, remarks),
    remarks,
  };
}

function mapSections(wire: WireCourse, remarks: SourceRemark[]): SourceSection[] {
  const readable = wire.lecture_sections.flatMap((element, index) => {
    const section = parseSection(element);
    if (section) return [{ ...section, id: section.id ?? `${wire.id}:section-${index + 1}` }];
    remarks.push(remark('SECTION_UNREADABLE', { detail: excerpt(element) }));
    return [];
  });
  const seenSections = new Set<string>();
  const seenLessons = new Set<string>();

  return inSourceOrder(readable, (section) => section.position)
    .filter((section) =>
      isFirst(section.id, seenSections, () =>
        remarks.push(remark('SECTION_LISTED_TWICE', { detail: section.id })),
      ),
    )
    .map((section, position) => ({
      id: section.id,
      title: readableName(section.name, 'Untitled section'),
      position,
      published: section.is_published ?? true,
      lessons: lessonReferences(section.lectures ?? [], seenLessons, remarks).map(
        (lesson, lessonPosition) => ({
          id: lesson.id,
          position: lessonPosition,
          published: lesson.is_published,
        }),
      ),
    }));
}

function lessonReferences(
  elements: readonly unknown[],
  seen: Set<string>,
  remarks: SourceRemark[],
): WireLectureReference[] {
  const readable = elements.flatMap((element) => {
    const lesson = parseLectureReference(element);
    if (lesson) return [lesson];
    remarks.push(remark('LESSON_UNREADABLE', { detail: excerpt(element) }));
    return [];
  });
  return inSourceOrder(readable, (lesson) => lesson.position).filter((lesson) =>
    isFirst(lesson.id, seen, () => remarks.push(remark('LESSON_LISTED_TWICE', { detail: lesson.id }))),
  );
}

/** Every attachment becomes exactly one block, also one that cannot be read. */
export function mapLesson(wire: WireLecture): SourceLesson {
  const remarks: SourceRemark[] = wire.attachments === null ? [remark('CONTENT_MISSING')] : [];
  const attachments = (wire.attachments ?? []).map((raw, index) => ({
    raw,
    index,
    wire: parseAttachment(raw),
  }));
  const seen = new Set<string>();

  const blocks = inSourceOrder(attachments, (attachment) => attachment.wire?.position ?? null).map(
    (attachment, position): SourceBlock => {
      let id = attachment.wire?.id ?? `${wire.id}:attachment-${attachment.index + 1}`;
      if (!isFirst(id, seen, () => remarks.push(remark('BLOCK_LISTED_TWICE', { block: id })))) {
        id = `${id}:again-${attachment.index + 1}`;
      }
      const mapped = attachment.wire
        ? mapAttachment(attachment.wire, id, attachment.raw)
        : unsupported('It could not be read', attachment.raw, 'BLOCK_UNREADABLE', id);
      remarks.push(...mapped.remarks);
      return { id, sourceKind: attachment.wire?.kind ?? 'unknown', position, ...mapped.body };
    },
  );

  return {
    id: wire.id,
    sectionId: wire.lecture_section_id ?? '',
    title: readableName(wire.name, 'Untitled lesson'),
    published: wire.is_published ?? true,
    blocks,
    remarks,
  };
}

export function mapVideo(wire: WireVideo): SourceVideo {
  const playlistUrl = webAddress(wire.video_asset?.url ?? null);
  const seconds = wire.media_duration;
  return {
    id: wire.id,
    ready: playlistUrl !== null && (wire.status === null || wire.status === 'READY'),
    status: wire.status,
    playlistUrl,
    posterUrl: webAddress(wire.url_thumbnail),
    durationMs: seconds !== null && seconds > 0 ? Math.round(seconds * 1000) : null,
    requestHeaders: videoRequestHeaders,
  };
}

/** Whether the id is new; remembers it. */
function isFirst(id: string, seen: Set<string>, whenSeen: () => void): boolean {
  const first = !seen.has(id);
  if (first) seen.add(id);
  else whenSeen();
  return first;
}

function excerpt(element: unknown): string {
  return (JSON.stringify(element) ?? 'undefined').slice(0, 200);
}
