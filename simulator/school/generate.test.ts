import fc from 'fast-check';
import { fileTypeFromBuffer } from 'file-type';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type GeneratedSchoolOptions, generateSchool } from './generate.ts';
import type { Attachment, School } from './school.ts';

/** Everything a reader can see of a school, files as sizes. */
function readAll(school: School) {
  return school.courses.map((course) => ({
    course,
    lectures: course.lecture_sections.flatMap(({ id: sectionId, lectures }) =>
      lectures.map(({ id, position }) => ({
        sectionId,
        position,
        lecture: school.findLecture(course.id, id),
      })),
    ),
  }));
}

function attachmentsOf(school: School): readonly Attachment[] {
  return readAll(school).flatMap(({ lectures }) =>
    lectures.flatMap(({ lecture }) => lecture?.attachments ?? []),
  );
}

function findBytes(school: School, url: string): Uint8Array {
  const asset = school.findAsset(url.slice('https://'.length));
  if (asset === undefined) throw new Error(`Cannot find ${url}`);
  return asset.body.slice(0, asset.body.sizeBytes);
}

const sizes = fc.record({
  courses: fc.integer({ min: 0, max: 4 }),
  lessons: fc.integer({ min: 0, max: 25 }),
  lessonsPerSection: fc.integer({ min: 1, max: 12 }),
  seed: fc.integer(),
});

describe('a generated school', () => {
  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(sizes, (options) => {
        expect(readAll(generateSchool(options))).toEqual(readAll(generateSchool(options)));
      }),
      { numRuns: 30 },
    );
  });

  it('has the lessons it was asked for, each in its section, all ids distinct and within 32 bits', () => {
    fc.assert(
      fc.property(sizes, (options) => {
        const school = generateSchool(options);
        const courses = readAll(school);
        const ids = [
          courses.flatMap(({ lectures }) => lectures.map(({ lecture }) => lecture?.id)),
          attachmentsOf(school).map(({ id }) => id),
          courses.flatMap(({ course }) => course.lecture_sections.map(({ id }) => id)),
        ];

        expect(courses).toHaveLength(options.courses);
        for (const { lectures } of courses) {
          expect(lectures).toHaveLength(options.lessons);
          for (const { sectionId, position, lecture } of lectures) {
            expect(lecture).toMatchObject({ lecture_section_id: sectionId, position });
          }
        }
        for (const list of ids) {
          expect(new Set(list).size).toBe(list.length);
          expect(Math.max(1, ...list.map(Number))).toBeLessThan(2 ** 31);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('differs with the seed', () => {
    const options = { courses: 1, lessons: 5 };

    expect(readAll(generateSchool({ ...options, seed: 1 }))).not.toEqual(
      readAll(generateSchool({ ...options, seed: 2 })),
    );
  });

  it('keeps lessons to their own course', () => {
    const school = generateSchool({ courses: 2, lessons: 3 });

    expect(school.findLecture(600_001, 10_000_003)).toBeUndefined();
    expect(school.findLecture(600_002, 10_000_003)?.id).toBe(10_000_003);
    expect(school.findLecture(600_002, 10_000_006)).toBeUndefined();
    expect(school.findLecture(600_003, 10_000_006)).toBeUndefined();
  });

  it('has files of the announced kind that differ from each other', async () => {
    const school = generateSchool({
      courses: 1,
      lessons: 8,
      images: 1,
      videos: 1,
      files: 1,
      fileBytes: 90_000,
    });
    const attachments = attachmentsOf(school);
    const urls = attachments.flatMap(({ text, url }) => [url, /src="([^"]+)"/.exec(text ?? '')?.[1]]);
    const files = urls.filter((url) => typeof url === 'string').map((url) => findBytes(school, url));
    const types = new Set<string | undefined>();
    for (const bytes of files) types.add((await fileTypeFromBuffer(bytes))?.mime);

    expect(types).toEqual(new Set(['video/mp4', 'image/png', 'application/pdf']));
    expect(new Set(files.map((bytes) => Buffer.from(bytes).toString('base64'))).size).toBe(files.length);
  });

  it('has images and films that decode', async () => {
    const school = generateSchool({ courses: 1, lessons: 12, images: 1, videos: 1, fileBytes: 200_000 });
    const attachments = attachmentsOf(school);
    const image =
      /src="([^"]+)"/.exec(attachments.find(({ kind }) => kind === 'text')?.text ?? '')?.[1] ?? '';
    const film = attachments.find(({ kind, url }) => kind === 'video' && typeof url === 'string')?.url ?? '';

    const bytes = findBytes(school, film);
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });

    expect((await sharp(findBytes(school, image)).raw().toBuffer()).byteLength).toBe(64 * 64 * 3);
    expect(bytes.byteLength).toBe(200_000);
    expect(await input.computeDuration()).toBeCloseTo(4, 0);
  });

  it('reads any slice of a file as if it had been cut from the whole', () => {
    const options: GeneratedSchoolOptions = { courses: 1, lessons: 1, files: 1, fileBytes: 300_000 };
    const school = generateSchool(options);
    const url = attachmentsOf(school).find(({ kind }) => kind === 'pdf_embed')?.url ?? '';
    const body = school.findAsset(url.slice('https://'.length))?.body;
    const whole = findBytes(school, url);

    fc.assert(
      fc.property(fc.nat(300_000), fc.nat(300_000), (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        expect(Buffer.compare(body?.slice(start, end) ?? Buffer.alloc(0), whole.subarray(start, end))).toBe(
          0,
        );
      }),
    );
  });

  it.each([
    [{ courses: -1, lessons: 1 }, 'courses is -1'],
    [{ courses: 1, lessons: 1.5 }, 'lessons is 1.5'],
    [{ courses: 1, lessons: 10, lessonsPerSection: 0 }, 'lessonsPerSection is 0'],
    [{ courses: 10_000, lessons: 100_000 }, 'the limit is 100000000'],
  ])('refuses sizes that make no sense: %j', (options, message) => {
    expect(() => generateSchool(options)).toThrow(message);
  });
});
