import { fileTypeFromBuffer } from 'file-type';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readMedia } from '../school/asset.ts';
import { assetHosts } from '../school/hosts.ts';
import { fetchBytes, startTestSimulator } from '../test-client.ts';
import { sampleSchool } from './sample-school.ts';

const school = sampleSchool();

function lecturesOf(courseId: number) {
  const course = school.courses.find(({ id }) => id === courseId);
  if (course === undefined) throw new Error(`Cannot find course ${courseId}`);
  return course.lecture_sections.flatMap((section) =>
    section.lectures.map(({ id }) => {
      const lecture = school.findLecture(courseId, id);
      if (lecture === undefined) throw new Error(`Cannot find lecture ${id}: the outline lists it`);
      return { section, lecture };
    }),
  );
}

const watercolour = lecturesOf(510_001).map(({ lecture }) => lecture);
const edgeCases = lecturesOf(510_002).map(({ lecture }) => lecture);
const all = [...watercolour, ...edgeCases];

describe('the sample course', () => {
  it('has every kind of attachment, one of them unknown', () => {
    const kinds = new Set(watercolour.flatMap(({ attachments }) => attachments.map(({ kind }) => kind)));

    expect([...kinds].sort()).toEqual(
      [
        'audio',
        'code_display',
        'code_embed',
        'embed',
        'file',
        'html',
        'image',
        'native_comments',
        'open_response_question',
        'pdf',
        'pdf_embed',
        'quiz',
        'text',
        'upsell',
        'video',
        'whiteboard',
      ].sort(),
    );
  });

  it('has every kind of question', () => {
    const questions = watercolour.flatMap(({ attachments }) =>
      attachments.flatMap(({ quiz }) => quiz?.questions ?? []),
    );

    expect(new Set(questions.map((question) => question.question_type))).toEqual(
      new Set(['single', 'multiple', 'fill_blank', 'matching']),
    );
    expect(questions.some(({ graded }) => !graded)).toBe(true);
  });

  it('uses every upload host and wrapper, and one picture five times', () => {
    const everything = JSON.stringify([school.courses, all]);

    for (const { name } of assetHosts.filter(({ name }) => !name.includes('.play.'))) {
      expect(everything, name).toContain(`https://${name}/`);
    }
    expect(everything.match(/Mk5dropletHandle000c/g)).toHaveLength(5);
  });

  it('has files that exist and are what their names say', async () => {
    const simulator = await startTestSimulator();
    const statuses = new Map<string, number>();
    for (const url of new Set(
      JSON.stringify(watercolour).match(/https:\/\/[\w./%=:-]+Handle[\w./%-]*/g) ?? [],
    )) {
      statuses.set(url, (await fetchBytes(simulator.localUrl(url))).status);
    }

    const failed = [...statuses].filter(([, status]) => status !== 200 && status !== 302);
    expect(statuses.size).toBeGreaterThan(12);
    expect(failed).toEqual([[expect.stringContaining('Vd3washes'), 403]]);
  });
});

describe('the courses together', () => {
  it('have an id only once, and a video behind every video attachment', () => {
    const attachments = all.flatMap((lecture) => lecture.attachments);

    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(attachments.map(({ id }) => id)).size).toBe(attachments.length);
    for (const { id } of attachments.filter(({ kind }) => kind === 'video')) {
      expect(school.findVideo(id), String(id)).toBeDefined();
    }
  });

  it('hold the names and positions that break importers', () => {
    const names = edgeCases.map(({ name }) => name);
    const sections = school.courses.find(({ id }) => id === 510_002)?.lecture_sections ?? [];

    expect(names).toEqual(expect.arrayContaining([null, '', 'Twin', '  Padded  ']));
    expect(names.filter((name) => name === 'Twin')).toHaveLength(2);
    expect(names.some((name) => name !== null && name.normalize('NFC') !== name)).toBe(true);
    expect(Math.max(...names.map((name) => name?.length ?? 0))).toBe(400);
    expect(sections.map(({ position }) => position)).toEqual([3, 3, 1, 0, null]);
    expect(sections[0]?.lectures.map(({ position }) => position)).toEqual([1, 3, 3, null, 0]);
    expect(sections.some(({ lectures }) => lectures.length === 0)).toBe(true);
  });
});

describe('the media', () => {
  it.each([
    'cover.jpg',
    'portrait.jpg',
    'washes.jpg',
    'pear.jpg',
    'mark.png',
    'materials.png',
    'colour-wheel.png',
  ])('%s is a picture', async (name) => {
    const { format, width } = await sharp(readMedia(name)).metadata();

    expect(format).toBe(name.endsWith('png') ? 'png' : 'jpeg');
    expect(width).toBeGreaterThanOrEqual(240);
    await expect(sharp(readMedia(name)).stats()).resolves.toBeDefined();
  });

  it.each([
    ['lake.mp4', 8],
    ['drift.mp4', 4],
  ])('%s is a film of %i seconds that a browser plays', async (name, seconds) => {
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(readMedia(name)) });
    const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];

    expect([await video?.getCodec(), await audio?.getCodec()]).toEqual(['avc', 'aac']);
    expect(await input.computeDuration()).toBeCloseTo(seconds, 0);
  });

  it('drying-bell.mp3 is sound of 6 seconds', async () => {
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(readMedia('drying-bell.mp3')) });

    expect(await (await input.getPrimaryAudioTrack())?.getCodec()).toBe('mp3');
    expect(await input.computeDuration()).toBeCloseTo(6, 0);
  });

  it.each([
    ['worksheet.pdf', 'application/pdf'],
    ['sketches.zip', 'application/zip'],
  ])('%s is %s', async (name, mime) => {
    expect((await fileTypeFromBuffer(readMedia(name)))?.mime).toBe(mime);
  });
});
