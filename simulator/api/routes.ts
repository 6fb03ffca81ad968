import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { signedPosterUrl, signedStreamUrl } from '../cdn/signed-urls.ts';
import type { SimulatorContext } from '../context.ts';
import { shuffle } from '../random.ts';
import { localiseUrls } from '../school/hosts.ts';
import type { Attachment, Course, CourseSummary } from '../school/school.ts';
import { type ApiEnvironment, gateway } from './gateway.ts';
import { paginate } from './paging.ts';

const course = '/v1/courses/:course{[0-9]+}';
const lecture = `${course}/lectures/:lecture{[0-9]+}`;

/** The routes of Teachable's Admin API v1 that a course import reads. */
export function apiRoutes(simulator: SimulatorContext): Hono<ApiEnvironment> {
  const api = new Hono<ApiEnvironment>();
  const guard = gateway(simulator);
  const { school } = simulator;

  const json = (body: unknown, status = 200) =>
    new Response(localiseUrls(JSON.stringify(body), simulator.port()), {
      status,
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
    });
  const notFound = () => json({ message: 'Not found' }, 404);
  const arranged = <T>(items: readonly T[], ...key: readonly (string | number)[]) =>
    simulator.faults.values.order === 'shuffled' ? shuffle(items, simulator.seed, ...key) : items;

  const findLecture = (params: { course: string; lecture: string }) =>
    school.findLecture(Number(params.course), Number(params.lecture));
  const findAttachment = (params: { course: string; lecture: string }, id: string, kind: string) =>
    findLecture(params)?.attachments.find(
      (attachment) => attachment.id === Number(id) && attachment.kind === kind,
    );
  const quizEnvelope = (quiz: Attachment) => (simulator.faults.values.envelopes === 'wire' ? { quiz } : quiz);

  api.use(compress());

  api.get('/v1/courses', guard, (c) => {
    const { name, is_published: published } = c.req.query();
    const wanted = arranged(school.courses, 'courses').filter(
      (item) =>
        (name === undefined || item.name === name) &&
        (published === undefined || String(item.is_published) === published),
    );
    const { items, meta } = paginate(wanted, c.req.query());
    return json({ courses: items.map(summary), meta });
  });

  api.get(course, guard, (c) => {
    const found = school.findCourse(Number(c.req.param('course')));
    if (found === null) return notFound();
    const lecture_sections = arranged(found.lecture_sections, 'sections', found.id).map((section) => ({
      ...section,
      lectures: arranged(section.lectures, 'lectures', section.id),
    }));
    return json({ course: { ...found, lecture_sections } satisfies Course });
  });

  api.get(lecture, guard, (c) => {
    const found = findLecture(c.req.param());
    return found ? json({ lecture: found }) : notFound();
  });

  api.get(`${lecture}/videos/:video{[0-9]+}`, guard, (c) => {
    const attachment = findAttachment(c.req.param(), c.req.param('video'), 'video');
    const video = attachment && school.findVideo(attachment.id);
    if (attachment === undefined || video === undefined) return notFound();
    const call = simulator.faults.count('video', c.req.path);
    const status = call.strikes('videoNotReady') ? 'PROCESSING' : video.status;
    const playable = status === 'READY' || status === 'PARTIALLY_READY';
    const url =
      video.stream === null || call.strikes('videoUrlMissing')
        ? null
        : signedStreamUrl(simulator, attachment.id);
    return json({
      video: {
        id: attachment.id,
        video_asset: playable ? { url, content_type: 'application/x-mpegURL' } : null,
        status,
        url_thumbnail: video.poster === null ? null : signedPosterUrl(simulator, attachment.id),
        media_type: 'VIDEO',
        media_duration: playable ? video.durationSeconds : null,
      },
    });
  });

  api.get(`${lecture}/quizzes`, guard, (c) => {
    const found = findLecture(c.req.param());
    if (found === undefined) return notFound();
    return json({ quiz_ids: found.attachments.filter(({ kind }) => kind === 'quiz').map(({ id }) => id) });
  });

  api.get(`${lecture}/quizzes/:quiz{[0-9]+}`, guard, (c) => {
    const quiz = findAttachment(c.req.param(), c.req.param('quiz'), 'quiz');
    return quiz ? json(quizEnvelope(quiz)) : notFound();
  });

  api.get(`${lecture}/quizzes/:quiz{[0-9]+}/responses`, guard, (c) => {
    const params = c.req.param();
    const found = findLecture(params);
    const quiz = findAttachment(params, c.req.param('quiz'), 'quiz');
    if (found === undefined || quiz === undefined) return notFound();
    const responses = {
      course_id: Number(params.course),
      course_name: school.findCourse(Number(params.course))?.name ?? null,
      lecture_id: found.id,
      lecture_name: found.name,
      graded: quiz.quiz?.questions.some(({ graded }) => graded) ?? false,
      responses: [],
    };
    return json(simulator.faults.values.envelopes === 'wire' ? { quiz_responses: responses } : responses);
  });

  return api;
}

function summary({ id, name, heading, description, is_published, image_url }: Course): CourseSummary {
  return { id, name, heading, description, is_published, image_url };
}
