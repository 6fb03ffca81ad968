import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapCourse, mapLesson, mapVideo } from './mapper.ts';
import { parseCourse, parseLecture, parseVideo } from './schemas.ts';

function courseOf(course: Record<string, unknown>) {
  const wire = parseCourse({ course: { id: 1, lecture_sections: [], ...course } });
  if (!wire) throw new Error('The fixture is no course');
  return mapCourse(wire);
}

function lessonOf(attachments: unknown, lecture: Record<string, unknown> = {}) {
  const wire = parseLecture({ lecture: { id: 9, lecture_section_id: 3, attachments, ...lecture } });
  if (!wire) throw new Error('The fixture is no lecture');
  return mapLesson(wire);
}

function blockOf(attachment: Record<string, unknown>) {
  const { blocks, remarks } = lessonOf([{ id: 71, name: null, position: 1, ...attachment }]);
  return { block: blocks[0], remarks: remarks.map(({ code, blockSourceId }) => [code, blockSourceId]) };
}

describe('a course', () => {
  it('has sections and lessons by position, gaps closed, ties as they came, those without one last', () => {
    const lectures = [
      { id: 11, position: 3 },
      { id: 12, position: null },
      { id: 13, position: 1, is_published: false },
      { id: 14, position: 3, is_published: true },
      { id: 15, position: 0 },
    ];

    const { sections } = courseOf({
      lecture_sections: [
        { id: 2, name: 'Bonus', position: 7, is_published: false, lectures: [] },
        { id: 1, name: 'First', position: 2, is_published: true, lectures },
      ],
    });

    expect(sections.map(({ id, title, position, published }) => [id, title, position, published])).toEqual([
      ['1', 'First', 0, true],
      ['2', 'Bonus', 1, false],
    ]);
    expect(sections[0]?.lessons).toEqual([
      { id: '15', position: 0, published: null },
      { id: '13', position: 1, published: false },
      { id: '11', position: 2, published: null },
      { id: '14', position: 3, published: true },
      { id: '12', position: 4, published: null },
    ]);
  });

  it.each([
    [null, 'Untitled course'],
    ['', 'Untitled course'],
    [' \t\n ', 'Untitled course'],
    [' Watercolour  Basics\n', 'Watercolour Basics'],
    ['Cafe\u0301', 'Café'],
    ['Pinsel 🖌️ & Farbe: "was / wie?"', 'Pinsel 🖌️ & Farbe: "was / wie?"'],
    ['x'.repeat(400), 'x'.repeat(400)],
  ])('named %j is called %j', (name, title) => {
    expect(courseOf({ name }).title).toBe(title);
  });

  it('has description, author and pictures where they are, and null where they are empty', () => {
    const full = courseOf({
      heading: ' From scratch ',
      description: '<p>All of it</p>',
      image_url: '//cdn.example/a b',
      author_bio: { name: 'A. Example', bio: '', profile_image_url: 'not an address', user_id: null },
    });
    const empty = courseOf({ heading: '', description: '', image_url: null, author_bio: null });

    expect(full).toMatchObject({
      subtitle: 'From scratch',
      descriptionHtml: '<p>All of it</p>',
      imageUrl: 'https://cdn.example/a%20b',
      author: { name: 'A. Example', bioHtml: null, imageUrl: null },
    });
    expect(empty).toMatchObject({ subtitle: null, descriptionHtml: null, imageUrl: null, author: null });
  });

  it('tells what it could not read and what is listed twice', () => {
    const { sections, remarks } = courseOf({
      lecture_sections: [
        'nonsense',
        { id: 1, position: 1, lectures: [{ id: 11 }, { id: 'x' }, { id: 11 }] },
        { id: 1, position: 2, lectures: [] },
        { id: 2, position: 3, lectures: [{ id: 11 }, { id: 12 }] },
        { name: 'Without id', position: 4, lectures: [{ id: 13 }] },
      ],
    });

    expect(sections.map(({ id, lessons }) => [id, lessons.map((lesson) => lesson.id)])).toEqual([
      ['1', ['11']],
      ['2', ['12']],
      ['1:section-5', ['13']],
    ]);
    expect(remarks.map(({ code }) => code).sort()).toEqual([
      'LESSON_LISTED_TWICE',
      'LESSON_LISTED_TWICE',
      'LESSON_UNREADABLE',
      'SECTION_LISTED_TWICE',
      'SECTION_UNREADABLE',
    ]);
  });

  it('without its list of sections is no course: it would pass for an empty one', () => {
    expect(parseCourse({ course: { id: 1, name: 'A' } })).toBeNull();
    expect(parseCourse({ message: 'hello' })).toBeNull();
    expect(parseCourse(null)).toBeNull();
  });
});

describe('a lesson', () => {
  it('has its name, its section, its state and its blocks in order', () => {
    const lesson = lessonOf(
      [
        { id: 2, kind: 'text', text: '<p>b</p>', position: 2 },
        { id: 1, kind: 'text', text: '<p>a</p>', position: 1 },
        { id: 3, kind: 'text', text: '<p>c</p>', position: null },
      ],
      { name: null, is_published: false },
    );

    expect(lesson).toMatchObject({ id: '9', sectionId: '3', title: 'Untitled lesson', published: false });
    expect(lesson.blocks.map(({ id, position }) => [id, position])).toEqual([
      ['1', 0],
      ['2', 1],
      ['3', 2],
    ]);
    expect(lesson.remarks).toEqual([]);
  });

  it('may be empty, and says so when the list of contents is missing', () => {
    expect(lessonOf([])).toMatchObject({ blocks: [], remarks: [] });
    expect(lessonOf(null).remarks.map(({ code }) => code)).toEqual(['CONTENT_MISSING']);
  });

  it('is read without its envelope too', () => {
    expect(parseLecture({ id: 9, name: 'A', attachments: [] })).toMatchObject({ id: '9', name: 'A' });
  });

  it('keeps two blocks with one id apart', () => {
    const { blocks, remarks } = lessonOf([
      { id: 5, kind: 'text', text: 'a', position: 1 },
      { id: 5, kind: 'text', text: 'b', position: 2 },
    ]);

    expect(blocks.map(({ id }) => id)).toEqual(['5', '5:again-2']);
    expect(remarks.map(({ code }) => code)).toEqual(['BLOCK_LISTED_TWICE']);
  });
});

describe('an attachment', () => {
  it.each(['text', 'html'])('of kind %s is a text', (kind) => {
    expect(blockOf({ kind, text: '<p>Hi</p>' }).block).toMatchObject({
      kind: 'text',
      html: '<p>Hi</p>',
      sourceKind: kind,
    });
  });

  it.each([
    ['pdf_embed', 'pdf'],
    ['pdf', 'pdf'],
    ['image', 'image'],
    ['audio', 'audio'],
    ['file', 'file'],
  ])('of kind %s is a file of kind %s', (kind, ours) => {
    const attachment = {
      kind,
      name: ' Blatt 1.pdf',
      url: 'https://cdn.fs.teachablecdn.com/HANDLE',
      file_size: 0,
    };

    const { block, remarks } = blockOf({ ...attachment, file_extension: 'PDF' });

    expect(block).toMatchObject({
      kind: ours,
      url: 'https://cdn.fs.teachablecdn.com/HANDLE',
      fileName: 'Blatt 1.pdf',
      extension: 'pdf',
    });
    expect(remarks).toEqual([]);
  });

  it.each([null, '', 'ftp://example.com/a', 'javascript:alert(1)', '/relative'])(
    'with the address %j is kept as a file that has to be uploaded by hand',
    (url) => {
      const { block, remarks } = blockOf({ kind: 'file', name: 'a.zip', url });

      expect(block).toMatchObject({ kind: 'unsupported', raw: { id: 71, name: 'a.zip' } });
      expect(remarks).toEqual([['FILE_WITHOUT_URL', '71']]);
    },
  );

  it.each([
    [{ name: 'talk.wmv.mp4', file_extension: null }, 'talk.wmv.mp4', 'mp4'],
    [{ name: 'talk', file_extension: '.MOV' }, 'talk', 'mov'],
    [
      { name: null, url: 'https://x.cloudfront.net/ABCDEFGHIJKLMNOPQRST_Mein%20Film.mp4' },
      'Mein Film.mp4',
      'mp4',
    ],
    [{ name: null, url: 'https://www.filepicker.io/api/file/ABCDEFGHIJKLMNOPQRST' }, 'video-71', null],
    [{ name: null, url: null }, 'video-71', null],
    [{ name: 'what?', file_extension: 'not an extension' }, 'what?', null],
  ])('of kind video with %j is called %s', (attachment, fileName, extension) => {
    expect(blockOf({ kind: 'video', ...attachment }).block).toMatchObject({
      kind: 'video',
      fileName,
      extension,
    });
  });

  it('of kind video needs no address: the playable one is asked for later', () => {
    const { block, remarks } = blockOf({ kind: 'video', name: 'a.mp4', url: null });

    expect(block).toMatchObject({ kind: 'video', url: null });
    expect(remarks).toEqual([]);
  });

  it('of kind code_display is code, never HTML', () => {
    expect(blockOf({ kind: 'code_display', text: '<b>&lt;' }).block).toMatchObject({
      kind: 'code',
      code: '<b>&lt;',
      language: null,
    });
  });

  it('of kind code_embed or embed is an embed', () => {
    expect(blockOf({ kind: 'code_embed', text: '<iframe></iframe>', url: null }).block).toMatchObject({
      kind: 'embed',
      html: '<iframe></iframe>',
      url: null,
    });
    expect(blockOf({ kind: 'embed', url: 'https://youtu.be/abcdefghijk' }).block).toMatchObject({
      kind: 'embed',
      html: null,
      url: 'https://youtu.be/abcdefghijk',
    });
  });

  it.each([
    ['native_comments', 'COMMENTS_NOT_AVAILABLE'],
    ['upsell', 'UPSELL_NOT_AVAILABLE'],
    ['open_response_question', 'KIND_UNSUPPORTED'],
    ['hologram', 'KIND_UNSUPPORTED'],
    ['constructor', 'KIND_UNSUPPORTED'],
  ])('of kind %s is kept as it came', (kind, code) => {
    const { block, remarks } = blockOf({ kind, extra: { deep: [1] } });

    expect(block).toMatchObject({
      kind: 'unsupported',
      sourceKind: kind,
      raw: { kind, extra: { deep: [1] } },
    });
    expect(remarks).toEqual([[code, '71']]);
  });

  it.each([null, 7, 'text', [], {}, { kind: 3 }])('that is %j is kept as it came', (element) => {
    const { blocks, remarks } = lessonOf([element]);

    expect(blocks).toMatchObject([{ kind: 'unsupported', id: '9:attachment-1', raw: element }]);
    expect(remarks.map(({ code }) => code)).toEqual(['BLOCK_UNREADABLE']);
  });
});

describe('a video', () => {
  const wire = {
    id: 71,
    video_asset: {
      url: 'https://vod.example/master.m3u8?hdnts=secret',
      content_type: 'application/x-mpegURL',
    },
    status: 'READY',
    url_thumbnail: null,
    media_duration: 154,
  };
  const videoOf = (changes: Record<string, unknown>) => {
    const parsed = parseVideo({ video: { ...wire, ...changes } });
    if (!parsed) throw new Error('The fixture is no video');
    return mapVideo(parsed);
  };

  it('that is ready can be played, with the headers that its host asks for', () => {
    expect(videoOf({})).toEqual({
      id: '71',
      ready: true,
      status: 'READY',
      playlistUrl: 'https://vod.example/master.m3u8?hdnts=secret',
      posterUrl: null,
      durationMs: 154_000,
      requestHeaders: { Referer: 'https://player.hotmart.com/', Origin: 'https://player.hotmart.com' },
    });
  });

  it('is read when its asset comes as a list', () => {
    expect(videoOf({ video_asset: [wire.video_asset] }).playlistUrl).toContain('master.m3u8');
    expect(videoOf({ video_asset: [] })).toMatchObject({ playlistUrl: null, ready: false });
  });

  it.each([
    { status: 'PROCESSING', video_asset: null },
    { status: 'FAILED' },
    { status: 'READY', video_asset: { url: null } },
    { status: 'READY', video_asset: undefined },
    { status: 'SOMETHING_NEW' },
  ])('is not ready with %j', (changes) => {
    expect(videoOf(changes)).toMatchObject({ ready: false, status: changes.status });
  });
});

describe('mapping', () => {
  const anyKind = fc.constantFrom(
    'text',
    'video',
    'pdf_embed',
    'quiz',
    'embed',
    'code_display',
    'file',
    'new',
  );
  const anyAttachment = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        id: fc.oneof(fc.integer(), fc.jsonValue()),
        kind: fc.oneof(anyKind, fc.jsonValue()),
        name: fc.jsonValue(),
        url: fc.oneof(fc.webUrl(), fc.jsonValue()),
        text: fc.jsonValue(),
        position: fc.jsonValue(),
        quiz: fc.oneof(fc.record({ questions: fc.array(fc.jsonValue()) }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
  );

  it('makes exactly one block of every attachment, with ids of their own, whatever is sent', () => {
    fc.assert(
      fc.property(fc.array(anyAttachment), (attachments) => {
        const { blocks } = lessonOf(attachments);

        expect(blocks.map(({ position }) => position)).toEqual(attachments.map((_, index) => index));
        expect(new Set(blocks.map(({ id }) => id)).size).toBe(attachments.length);
      }),
    );
  });

  it('never fails on a course, and leaves no lesson out without a word', () => {
    const lesson = fc.oneof(fc.record({ id: fc.nat(), position: fc.jsonValue() }), fc.jsonValue());
    const section = fc.oneof(
      fc.record({ id: fc.nat(), position: fc.jsonValue(), lectures: fc.array(lesson) }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.array(section), fc.jsonValue(), (lecture_sections, rest) => {
        const { sections, remarks } = courseOf({ name: rest, author_bio: rest, lecture_sections });

        const listed = lecture_sections.length;
        const kept = sections.length;
        const told = remarks.filter(({ code }) => code.startsWith('SECTION')).length;
        expect(kept + told).toBe(listed);
      }),
    );
  });

  it('answers null to what is no course, lesson or video, and never fails', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (answer) => {
        parseCourse(answer);
        parseLecture({ lecture: answer });
        parseVideo({ video: answer });
      }),
    );
  });
});
