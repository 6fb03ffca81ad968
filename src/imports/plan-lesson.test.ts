import { describe, expect, it } from 'vitest';
import type { SourceBlock, SourceLesson } from '../sources/types.ts';
import { type BlockReferences, planLesson } from './plan-lesson.ts';

const references: BlockReferences = {
  fileIdOf: (sourceId) => `fil_${sourceId.replaceAll(/\W/g, '')}`,
  quizIdOf: (sourceId) => `qiz_${sourceId}`,
};

function lessonOf(...blocks: SourceBlock[]): SourceLesson {
  return { id: '930001', sectionId: '820001', title: 'A lesson', published: true, blocks, remarks: [] };
}

function plan(...blocks: SourceBlock[]) {
  const planned = planLesson('510001', lessonOf(...blocks), 'https://ada.example');
  return { ...planned, contents: planned.blocks.map((block) => block.content(references)) };
}

const handle = 'AAAAexampleHandle000';

describe('planLesson', () => {
  it('keeps a text without frames as one block under its own id', () => {
    const { blocks, contents } = plan({
      id: '77',
      sourceKind: 'text',
      position: 0,
      kind: 'text',
      html: '<p>One</p><script>alert(1)</script>',
    });

    expect(blocks.map(({ sourceId, sourceKind }) => [sourceId, sourceKind])).toEqual([['77', 'text']]);
    expect(contents).toEqual([{ kind: 'text', html: '<p>One</p>' }]);
  });

  it('cuts a text at its frames and counts the parts', () => {
    const { blocks, contents } = plan({
      id: '77',
      sourceKind: 'text',
      position: 0,
      kind: 'text',
      html: '<p>Before</p><iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe><p>After</p>',
    });

    expect(blocks.map(({ sourceId }) => sourceId)).toEqual(['77:1', '77:2', '77:3']);
    expect(contents.map(({ kind }) => kind)).toEqual(['text', 'embed', 'text']);
  });

  it('keeps an empty text, so that no block of the source is lost', () => {
    const { blocks, contents } = plan({
      id: '77',
      sourceKind: 'text',
      position: 0,
      kind: 'text',
      html: '<p><br></p>',
    });

    expect(blocks).toHaveLength(1);
    expect(contents).toEqual([{ kind: 'text', html: '' }]);
  });

  it('finds the same file once, whatever wraps its address', () => {
    const direct = `https://cdn.fs.teachablecdn.com/${handle}`;
    const wrapped = `https://process.fs.teachablecdn.com/KEY/resize=width:705/${direct}`;

    const { assets, contents } = plan(
      { id: '1', sourceKind: 'text', position: 0, kind: 'text', html: `<p><img src="${wrapped}"></p>` },
      {
        id: '2',
        sourceKind: 'image',
        position: 1,
        kind: 'image',
        url: direct,
        fileName: 'a.png',
        extension: 'png',
      },
    );

    expect(assets.map(({ request }) => request.url)).toEqual([direct]);
    const [text, image] = contents;
    const fileId = image && 'fileId' in image ? image.fileId : '';
    expect(text).toEqual({ kind: 'text', html: expect.stringContaining(`data-file="${fileId}"`) });
  });

  it('knows a video by its own id, with or without an upload', () => {
    const { assets } = plan({
      id: '7700106',
      sourceKind: 'video',
      position: 0,
      kind: 'video',
      url: null,
      fileName: 'teil2.mp4',
      extension: 'mp4',
    });

    expect(assets).toMatchObject([
      {
        sourceId: 'video:7700106',
        request: { url: null, video: { courseId: '510001', lessonId: '930001', videoId: '7700106' } },
      },
    ]);
  });

  it('puts a placeholder and an issue where one block cannot be mapped, and goes on', () => {
    const { blocks, contents, issues } = plan(
      {
        id: '1',
        sourceKind: 'file',
        position: 0,
        kind: 'file',
        url: 'nonsense',
        fileName: 'a',
        extension: null,
      },
      { id: '2', sourceKind: 'text', position: 1, kind: 'text', html: '<p>Still here</p>' },
    );

    expect(blocks[0]?.problem).toEqual({ status: 'failed', reason: 'URL_INVALID' });
    expect(contents.map(({ kind }) => kind)).toEqual(['unsupported', 'text']);
    expect(issues).toMatchObject([{ severity: 'error', code: 'URL_INVALID', sourceId: '1' }]);
  });

  it('keeps what has no counterpart, as skipped', () => {
    const { blocks, contents } = plan({
      id: '1',
      sourceKind: 'upsell',
      position: 0,
      kind: 'unsupported',
      reason: 'Offers are not available',
      raw: { kind: 'upsell' },
    });

    expect(blocks[0]?.problem).toEqual({ status: 'skipped', reason: 'UNSUPPORTED' });
    expect(contents).toEqual([
      {
        kind: 'unsupported',
        sourceKind: 'upsell',
        reason: 'Offers are not available',
        raw: { kind: 'upsell' },
      },
    ]);
  });

  it('says what was removed from a text', () => {
    const { issues } = plan({
      id: '77',
      sourceKind: 'text',
      position: 0,
      kind: 'text',
      html: '<p onclick="x()">Hello</p><script>x()</script>',
    });

    expect(issues).toMatchObject([
      { severity: 'warning', code: 'HTML_REMOVED', itemKind: 'block', sourceId: '77' },
    ]);
  });

  it('tells HTML from plain text in quiz questions', () => {
    const question = { type: 'single', answers: [], review: null, raw: {} };
    const { blocks } = plan({
      id: '5',
      sourceKind: 'quiz',
      position: 0,
      kind: 'quiz',
      graded: true,
      questions: [
        { ...question, prompt: 'Is 3 < 4 and 5 > 4?' },
        { ...question, prompt: '<p>Which <b>one</b>?<script>x()</script></p>' },
      ],
    });

    expect(blocks[0]?.quiz?.questions(references.fileIdOf)).toMatchObject([
      { prompt: 'Is 3 < 4 and 5 > 4?', format: 'plain' },
      { prompt: expect.not.stringContaining('script'), format: 'html' },
    ]);
  });
});
