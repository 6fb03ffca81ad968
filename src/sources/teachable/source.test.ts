import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  generateSchool,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../../simulator/main.ts';
import { serveHttp } from '../../../tests/support/http-server.ts';
import { isAppError } from '../../errors/app-error.ts';
import { createGuardedFetch } from '../../http/guarded-fetch.ts';
import type { Source, SourceLesson } from '../types.ts';
import { createTeachableSource } from './source.ts';

const sampleCourse = '510001';
const edgeCases = '510002';

async function openSchool(options: Partial<SimulatorOptions> = {}, apiKey = 'sim-key') {
  const faults = { rateLimit: 0, ...options.faults };
  const simulator = await startSimulator({ port: 0, ...options, faults });
  onTestFinished(() => simulator.stop());
  return { simulator, ...openSource(simulator, apiKey) };
}

function openSource(simulator: Pick<Simulator, 'apiUrl' | 'allowedHosts'>, apiKey = 'sim-key') {
  const http = createGuardedFetch({ allowedPrivateHosts: simulator.allowedHosts, userAgent: 'test/1' });
  onTestFinished(() => http.close());
  const counts = { calls: 0, rateLimited: 0 };
  const source = createTeachableSource({
    apiUrl: simulator.apiUrl,
    apiKey,
    http,
    budget: { take: async () => {}, observe: async () => {} },
    log: pino({ level: 'silent' }),
    timeouts: { headersMs: 400, bodyIdleMs: 400 },
    onCall: ({ rateLimited }) => {
      counts.calls += 1;
      counts.rateLimited += rateLimited ? 1 : 0;
    },
  });
  return { source, counts };
}

async function readLessons(source: Source, courseId: string): Promise<SourceLesson[]> {
  const { sections } = await source.readCourse(courseId);
  const lessons: SourceLesson[] = [];
  for (const { id } of sections.flatMap((section) => section.lessons)) {
    lessons.push(await source.readLesson(courseId, id));
  }
  return lessons;
}

describe('a school', () => {
  it('lists its courses', async () => {
    const { source } = await openSchool();

    const { courses, next } = await source.listCourses(1);

    expect(courses.map(({ id }) => id).sort()).toEqual(['510001', '510002', '510003']);
    expect(courses.every(({ title }) => title.trim() !== '')).toBe(true);
    expect(next).toBeNull();
  });

  it('lists many courses page by page, each once', async () => {
    const { source, counts } = await openSchool({
      school: generateSchool({ courses: 230, lessons: 1, seed: 3 }),
    });
    const ids: string[] = [];

    for (let page: number | null = 1; page !== null; ) {
      const answer = await source.listCourses(page);
      ids.push(...answer.courses.map(({ id }) => id));
      page = answer.next;
    }

    expect(new Set(ids).size).toBe(230);
    expect(ids).toHaveLength(230);
    expect(counts.calls).toBe(3);
  });

  it('ends a list that repeats itself and does not say how long it is', async () => {
    const port = await serveHttp((_request, response) =>
      response.end(JSON.stringify({ courses: [{ id: 1, name: 'A' }, { id: 2 }, 'nonsense'] })),
    );
    const { source } = openSource({
      apiUrl: `http://127.0.0.1:${port}/v1`,
      allowedHosts: [`127.0.0.1:${port}`],
    });

    const first = await source.listCourses(1);
    const second = await source.listCourses(2);

    expect([first.courses.map(({ id }) => id), first.next]).toEqual([['1', '2'], 2]);
    expect(second).toEqual({ courses: [], next: null });
  });

  it('gives a course in the author’s order, although its lists arrive shuffled', async () => {
    const shuffled = await openSchool({ seed: 5 });
    const sorted = await openSchool({ faults: { order: 'sorted' } });

    const course = await shuffled.source.readCourse(sampleCourse);

    const { sections } = await sorted.source.readCourse(sampleCourse);
    expect(course.sections).toEqual(sections);
    expect(course.sections.map(({ position }) => position)).toEqual(course.sections.map((_, index) => index));
    expect(course.sections.length).toBeGreaterThan(1);
    expect(course.author?.name).toBeTruthy();
    expect(course.remarks).toEqual([]);
  });

  it('gives every lesson of the sample course with each attachment as one block', async () => {
    const { source, simulator, counts } = await openSchool();

    const lessons = await readLessons(source, sampleCourse);

    for (const lesson of lessons) {
      const attachments = simulator.school.findLecture(510001, Number(lesson.id))?.attachments ?? [];
      expect(lesson.blocks.map(({ id }) => id).sort()).toEqual(
        attachments.map(({ id }) => String(id)).sort(),
      );
    }
    const kinds = new Set(lessons.flatMap(({ blocks }) => blocks.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(
      ['audio', 'code', 'embed', 'file', 'image', 'pdf', 'quiz', 'text', 'unsupported', 'video'].sort(),
    );
    expect(counts).toEqual({ calls: lessons.length + 1, rateLimited: 0 });
  });

  it('gives the course that holds everything odd', async () => {
    const { source } = await openSchool();

    const lessons = await readLessons(source, edgeCases);

    const titles = lessons.map(({ title }) => title);
    expect(titles).toContain('Untitled lesson');
    expect(titles).toContain('Café müde');
    expect(titles.every((title) => title === title.normalize('NFC').trim())).toBe(true);
    expect(Math.max(...titles.map((title) => title.length))).toBe(400);
  });

  it('reads the same in the documented envelopes', async () => {
    const wire = await openSchool();
    const documented = await openSchool({ faults: { envelopes: 'documented' } });

    // Addresses of assets carry the simulator's port.
    const withoutPorts = (lessons: SourceLesson[]) => JSON.stringify(lessons).replace(/localhost:\d+/g, '');

    expect(withoutPorts(await readLessons(documented.source, sampleCourse))).toEqual(
      withoutPorts(await readLessons(wire.source, sampleCourse)),
    );
  });

  it('gives a playable address for a video, and says when there is none', async () => {
    const { source, simulator } = await openSchool();
    const lessons = await readLessons(source, sampleCourse);
    const [lesson, video] =
      lessons.flatMap((each) =>
        each.blocks.flatMap((block) => (block.kind === 'video' ? [[each, block] as const] : [])),
      )[0] ?? [];
    if (!lesson || !video) throw new Error('There is no video');

    const ready = await source.readVideo(sampleCourse, lesson.id, video.id);
    simulator.faults.set({ videoNotReady: 'always' });
    const processing = await source.readVideo(sampleCourse, lesson.id, video.id);
    simulator.faults.set({ videoNotReady: 'never', videoUrlMissing: 'always' });
    const missing = await source.readVideo(sampleCourse, lesson.id, video.id);

    expect(ready).toMatchObject({
      id: video.id,
      ready: true,
      playlistUrl: expect.stringContaining('.m3u8?'),
    });
    expect(processing).toMatchObject({ ready: false, status: 'PROCESSING', playlistUrl: null });
    expect(missing).toMatchObject({ ready: false, status: 'READY', playlistUrl: null });
  });
});

describe('a school that does not answer as it should', () => {
  it.each([
    ['keyAccess', '401', 'SOURCE_KEY_REJECTED', 'never'],
    ['keyAccess', '403', 'SOURCE_FORBIDDEN', 'never'],
    ['status500', 'always', 'SOURCE_UNAVAILABLE', 'later'],
    ['status502', 'always', 'SOURCE_UNAVAILABLE', 'later'],
    ['status503', 'always', 'SOURCE_UNAVAILABLE', 'later'],
    ['status504', 'always', 'SOURCE_UNAVAILABLE', { afterMs: 60_000 }],
    ['htmlBody', 'always', 'SOURCE_ANSWER_INVALID', 'later'],
    ['truncatedJson', 'always', 'SOURCE_ANSWER_INVALID', 'later'],
    ['connectionReset', 'always', 'SOURCE_UNAVAILABLE', 'later'],
    ['delay', 'always', 'SOURCE_UNAVAILABLE', 'later'],
    ['rateLimitStorm', 'always', 'SOURCE_RATE_LIMITED', { afterMs: expect.any(Number) }],
  ] as const)('for %s=%s is told apart as %s', async (fault, value, code, retry) => {
    const { source } = await openSchool({ faults: { [fault]: value } });

    const error = await source.readCourse(sampleCourse).catch((thrown: unknown) => thrown);

    expect(isAppError(error, code) && error.retry).toEqual(retry);
  });

  it('refuses a wrong key, and one that was revoked', async () => {
    const { source, simulator } = await openSchool();
    const wrong = openSource(simulator, 'guess');

    await expect(wrong.source.listCourses(1)).rejects.toMatchObject({ code: 'SOURCE_KEY_REJECTED' });
    await source.listCourses(1);
    simulator.keys.revoke('sim-key');
    await expect(source.listCourses(1)).rejects.toMatchObject({ code: 'SOURCE_KEY_REJECTED' });
  });

  it('does not know a course, a lesson or a video that is gone', async () => {
    const { source } = await openSchool();

    await expect(source.readCourse('999')).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      retry: 'never',
    });
    await expect(source.readLesson(sampleCourse, '999')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(source.readVideo(sampleCourse, '999', '999')).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
  });

  it('is told apart from an address that is no API', async () => {
    const { simulator } = await openSchool();
    const http = createGuardedFetch({ allowedPrivateHosts: simulator.allowedHosts, userAgent: 'test/1' });
    onTestFinished(() => http.close());
    const source = createTeachableSource({
      apiUrl: `${simulator.apiUrl}/v9`,
      apiKey: 'sim-key',
      http,
      budget: { take: async () => {}, observe: async () => {} },
      log: pino({ level: 'silent' }),
    });

    await expect(source.listCourses(1)).rejects.toMatchObject({
      code: 'SOURCE_REQUEST_REFUSED',
      retry: 'never',
    });
  });

  it('hears no call for an id that is no number', async () => {
    const { source, counts } = await openSchool();

    for (const id of ['..', '1/../2', 'abc', '', '-1', '1e3', '0', '1'.repeat(30)]) {
      await expect(source.readCourse(id)).rejects.toMatchObject({ code: 'INPUT_INVALID', retry: 'never' });
    }
    expect(counts.calls).toBe(0);
  });

  it('counts a refusal for the rate as one, and waiting as none', async () => {
    const { source, counts } = await openSchool({ faults: { rateLimit: 2, rateLimitWindowMs: 60_000 } });

    await source.listCourses(1);
    await source.listCourses(1);
    await expect(source.listCourses(1)).rejects.toMatchObject({ code: 'SOURCE_RATE_LIMITED' });

    expect(counts).toEqual({ calls: 3, rateLimited: 1 });
  });
});
