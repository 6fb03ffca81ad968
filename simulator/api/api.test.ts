import { describe, expect, it } from 'vitest';
import { callApi, getJson, startTestSimulator } from '../test-client.ts';

const lectureOf = (id: number) => `/courses/510001/lectures/${id}`;

describe('keys', () => {
  it('are missed and refused in the words of the gateway', async () => {
    const simulator = await startTestSimulator();

    const without = await getJson(simulator, '/courses', null);
    const wrong = await getJson(simulator, '/courses', 'guess');

    expect([without.status, wrong.status]).toEqual([401, 401]);
    expect(without.body).toEqual({
      message: 'No API key found in request',
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(wrong.body).toEqual({
      message: 'Invalid authentication credentials',
      request_id: expect.not.stringMatching(without.body.request_id),
    });
  });

  it.each([401, 403] as const)('of a school without API access are answered %i', async (status) => {
    const simulator = await startTestSimulator({ faults: { keyAccess: `${status}` } });

    expect((await getJson(simulator, '/courses')).status).toBe(status);
  });

  it('stop working when they are revoked, and new ones begin to', async () => {
    const simulator = await startTestSimulator();

    simulator.keys.revoke('sim-key');
    simulator.keys.add('second-key');

    expect((await getJson(simulator, '/courses')).status).toBe(401);
    expect((await getJson(simulator, '/courses', 'second-key')).status).toBe(200);
  });
});

describe('courses', () => {
  it('are listed with the summary and nothing else', async () => {
    const simulator = await startTestSimulator();

    const { body } = await getJson(simulator, '/courses');

    expect(body.meta).toEqual({ total: 3, page: 1, from: 1, to: 3, per_page: 20, number_of_pages: 1 });
    for (const course of body.courses) {
      expect(Object.keys(course).sort()).toEqual(
        ['description', 'heading', 'id', 'image_url', 'is_published', 'name'].sort(),
      );
    }
  });

  it('come in pages by `per`; `per_page` is no parameter', async () => {
    const simulator = await startTestSimulator();

    const pages = await Promise.all(
      [1, 2, 3].map((page) => getJson(simulator, `/courses?per=2&page=${page}`)),
    );
    const ignored = await getJson(simulator, '/courses?per_page=1');

    expect(pages.map(({ body }) => body.courses.length)).toEqual([2, 1, 0]);
    expect(pages[1]?.body.meta).toMatchObject({ page: 2, from: 3, to: 3, per_page: 2, number_of_pages: 2 });
    const ids = pages.flatMap(({ body }) => body.courses.map(({ id }: { id: number }) => id));
    expect(ids.sort()).toEqual([510001, 510002, 510003]);
    expect(ignored.body.courses).toHaveLength(3);
  });

  it('show sections and lectures out of order, the same for the same seed', async () => {
    const [first, again, sorted] = await Promise.all([
      startTestSimulator({ seed: 3 }),
      startTestSimulator({ seed: 3 }),
      startTestSimulator({ faults: { order: 'sorted' } }),
    ]);
    const positions = async (simulator: typeof first) => {
      const { body } = await getJson(simulator, '/courses/510001');
      return body.course.lecture_sections.map(
        (section: { position: number; lectures: { position: number }[] }) => [
          section.position,
          section.lectures.map(({ position }) => position),
        ],
      );
    };

    const [a, b, c] = await Promise.all([positions(first), positions(again), positions(sorted)]);

    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(c).toEqual([
      [1, [1, 2, 3, 4]],
      [2, [1, 2, 3, 11]],
      [4, [1, 2, 3, 4]],
      [7, [1]],
    ]);
  });
});

describe('lectures', () => {
  it('omit the keys that do not belong to a kind', async () => {
    const simulator = await startTestSimulator();
    const keys = new Map<string, string[]>();
    for (const id of [930001, 930002, 930003, 930004, 930006, 930007]) {
      const { body } = await getJson(simulator, lectureOf(id));
      for (const attachment of body.lecture.attachments)
        keys.set(attachment.kind, Object.keys(attachment).sort());
    }

    const common = ['id', 'kind', 'name', 'position', 'text', 'url'];
    const file = [...common, 'file_extension', 'file_size'].sort();
    expect(Object.fromEntries(keys)).toEqual({
      text: common,
      code_embed: common,
      code_display: common,
      native_comments: common,
      upsell: common,
      quiz: [...common, 'quiz'].sort(),
      video: file,
      pdf_embed: file,
      audio: file,
      image: file,
      file,
    });
  });

  it('refer to files on hosts of this simulator, with size 0', async () => {
    const simulator = await startTestSimulator();

    const { body } = await getJson(simulator, lectureOf(930003));
    const pdf = body.lecture.attachments[1];

    expect(pdf).toMatchObject({ kind: 'pdf_embed', file_size: 0, file_extension: 'pdf' });
    expect(pdf.url).toBe(`http://cdn.fs.teachablecdn.com.localhost:${simulator.port}/Wk8worksheetHandle0g`);
    expect(body.lecture.attachments[0].text).not.toContain('https://cdn.fs');
  });

  it('are found in their own course only', async () => {
    const simulator = await startTestSimulator();

    const foreign = await getJson(simulator, '/courses/510002/lectures/930001');
    const unknown = await getJson(simulator, '/courses/1');

    expect([foreign, unknown].map(({ status, body }) => [status, body])).toEqual([
      [404, { message: 'Not found' }],
      [404, { message: 'Not found' }],
    ]);
  });

  it('have no list of attachments as a route', async () => {
    const simulator = await startTestSimulator();

    const { status, body } = await getJson(simulator, `${lectureOf(930001)}/attachments`);

    expect([status, body]).toEqual([404, { message: 'no Route matched with those values' }]);
  });
});

describe('quizzes', () => {
  it('are wrapped on the wire and bare in the documented form', async () => {
    const simulator = await startTestSimulator();
    const list = await getJson(simulator, `${lectureOf(930004)}/quizzes`);
    const path = `${lectureOf(930004)}/quizzes/${list.body.quiz_ids[0]}`;

    const wire = await getJson(simulator, path);
    const responses = await getJson(simulator, `${path}/responses`);
    simulator.faults.set({ envelopes: 'documented' });
    const documented = await getJson(simulator, path);

    expect(wire.body).toEqual({ quiz: documented.body });
    expect(documented.body).toMatchObject({ kind: 'quiz', quiz: { type: 'Quiz' } });
    expect(responses.body.quiz_responses).toMatchObject({ lecture_name: 'Ready to paint?', graded: true });
    expect((await getJson(simulator, `${lectureOf(930001)}/quizzes`)).body).toEqual({ quiz_ids: [] });
  });
});

describe('the answer', () => {
  it('is compressed for those who ask', async () => {
    const simulator = await startTestSimulator();

    const response = await fetch(`${simulator.apiUrl}/courses/510001`, { headers: { apiKey: 'sim-key' } });

    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.json()).toEqual((await getJson(simulator, '/courses/510001')).body);
  });

  it('is logged without the key and counted by route', async () => {
    const lines: unknown[] = [];
    const logger = { info: (fields: object, message: string) => lines.push({ ...fields, message }) };
    const simulator = await startTestSimulator({ logger });

    await callApi(simulator, lectureOf(930001));
    await callApi(simulator, lectureOf(930002));

    expect(JSON.stringify(lines)).not.toContain('sim-key');
    expect(simulator.countCalls()).toEqual({
      total: 2,
      rateLimited: 0,
      routes: { 'GET api /v1/courses/:id/lectures/:id': 2 },
      statuses: { '200': 2 },
    });
  });
});
