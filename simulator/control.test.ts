import { describe, expect, it } from 'vitest';
import { defaultFaults, switches } from './faults/switches.ts';
import { callApi, control, getJson, startTestSimulator } from './test-client.ts';

const lecturePath = '/courses/510001/lectures/930002';

describe('the control routes', () => {
  it('show every switch with its meaning, and change those that are given', async () => {
    const simulator = await startTestSimulator();

    const help = await control(simulator, 'GET', '/faults/help');
    const changed = await control(simulator, 'PUT', '/faults', { status503: 'always', rateLimit: 7 });

    expect(Object.keys(help.body)).toEqual(Object.keys(switches));
    expect(changed.body).toEqual({ ...defaultFaults(), status503: 'always', rateLimit: 7 });
    expect((await callApi(simulator, '/courses')).status).toBe(503);
  });

  it.each([
    ['PUT', '/faults', { colour: 'red' }, 'no such switch'],
    ['PUT', '/faults', [], 'expected record'],
    ['POST', '/lectures/delete', { id: 1 }, 'lectureId'],
    ['POST', '/videos/edit', { attachmentId: 7_700_021, status: 'LOST' }, 'status'],
    ['POST', '/keys/add', undefined, 'JSON'],
  ] as const)('refuse what they do not understand: %s %s %j', async (method, path, body, message) => {
    const simulator = await startTestSimulator();

    const refused = await control(simulator, method, path, body);

    expect(refused).toEqual({ status: 400, body: { message: expect.stringContaining(message) } });
  });

  it('say so when there is no such route', async () => {
    const simulator = await startTestSimulator();

    expect(await control(simulator, 'GET', '/nothing')).toEqual({
      status: 404,
      body: { message: 'Cannot GET /_control/nothing: there is no such control route' },
    });
  });

  it('count the calls and list them without queries', async () => {
    const simulator = await startTestSimulator({ faults: { rateLimit: 1 } });
    await callApi(simulator, '/courses?per=1');
    await callApi(simulator, '/courses');

    const counts = await control(simulator, 'GET', '/calls');
    const list = await control(simulator, 'GET', '/calls?list=true');

    expect(counts.body).toEqual({
      total: 2,
      rateLimited: 1,
      routes: { 'GET api /v1/courses': 2 },
      statuses: { '200': 1, '429': 1 },
    });
    expect(list.body).toMatchObject([{ path: '/v1/courses', status: 200 }, { status: 429 }]);
    expect(new Date(list.body[0].at).toISOString()).toBe(list.body[0].at);
  });

  it('delete lectures and courses while somebody reads', async () => {
    const simulator = await startTestSimulator();

    await control(simulator, 'POST', '/lectures/delete', { lectureId: 930_002 });
    await control(simulator, 'POST', '/courses/delete', { courseId: 510_003 });

    const course = await getJson(simulator, '/courses/510001');
    expect((await callApi(simulator, lecturePath)).status).toBe(404);
    expect(JSON.stringify(course.body)).not.toContain('930002');
    expect((await callApi(simulator, '/courses/510003')).status).toBe(404);
    expect((await getJson(simulator, '/courses')).body.meta.total).toBe(2);
  });

  it('edit lectures and videos', async () => {
    const simulator = await startTestSimulator();

    await control(simulator, 'POST', '/lectures/edit', { lectureId: 930_002, name: 'Renamed', position: 9 });
    await control(simulator, 'POST', '/videos/edit', {
      attachmentId: 7_700_021,
      status: 'FAILED',
      stream: null,
    });

    const { lecture } = (await getJson(simulator, lecturePath)).body;
    const { course } = (await getJson(simulator, '/courses/510001')).body;
    const { video } = (await getJson(simulator, '/courses/510001/lectures/930001/videos/7700021')).body;
    const outlined = course.lecture_sections
      .flatMap(({ lectures }: { lectures: { id: number }[] }) => lectures)
      .find(({ id }: { id: number }) => id === 930_002);
    expect(lecture).toMatchObject({ name: 'Renamed', position: 9, attachments: { length: 4 } });
    expect(outlined.position).toBe(9);
    expect(video).toMatchObject({ status: 'FAILED', video_asset: null });
  });

  it('revoke keys, add keys, and put everything back', async () => {
    const simulator = await startTestSimulator();

    await control(simulator, 'POST', '/keys/revoke', {});
    await control(simulator, 'POST', '/lectures/delete', { lectureId: 930_002 });
    await control(simulator, 'PUT', '/faults', { status500: 'always' });
    const revoked = await callApi(simulator, '/courses');
    await control(simulator, 'POST', '/keys/add', { key: 'new-key' });
    const added = await callApi(simulator, '/courses', 'new-key');
    await control(simulator, 'POST', '/reset');

    expect([revoked.status, added.status]).toEqual([401, 500]);
    expect((await callApi(simulator, lecturePath)).status).toBe(200);
    expect((await callApi(simulator, lecturePath, 'new-key')).status).toBe(401);
    expect(simulator.countCalls().total).toBe(2);
  });
});

describe('the simulator', () => {
  it('refuses a port that is taken', async () => {
    const simulator = await startTestSimulator();

    await expect(startTestSimulator({ port: simulator.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('stops while clients are connected, and answers no more', async () => {
    const simulator = await startTestSimulator();
    await callApi(simulator, '/courses');

    await simulator.stop();

    await expect(callApi(simulator, '/courses')).rejects.toThrow();
  });
});
