import { Hono } from 'hono';
import { z } from 'zod';
import type { SimulatorContext } from './context.ts';
import { switches } from './faults/switches.ts';
import { videoStatuses } from './school/school.ts';

const id = z.int().positive();
const attachment = z.looseObject({
  id,
  kind: z.string(),
  name: z.string().nullable(),
  position: z.number().nullable(),
});
const bodies = {
  faults: z.record(z.string(), z.unknown()),
  course: z.strictObject({ courseId: id }),
  lecture: z.strictObject({ lectureId: id }),
  lectureEdit: z.strictObject({
    lectureId: id,
    name: z.string().nullable().optional(),
    is_published: z.boolean().optional(),
    position: z.number().nullable().optional(),
    attachments: z.array(attachment).optional(),
  }),
  videoEdit: z.strictObject({
    attachmentId: id,
    status: z.enum(videoStatuses).optional(),
    stream: z.enum(['lake', 'pear', 'studio']).nullable().optional(),
    poster: z.string().nullable().optional(),
    durationSeconds: z.number().nullable().optional(),
  }),
  newKey: z.strictObject({ key: z.string().min(1) }),
  revokedKey: z.strictObject({ key: z.string().min(1).optional() }),
};

/** Routes under `/_control` by which a test or a person changes the school, the keys and the faults while it runs. */
export function controlRoutes(simulator: SimulatorContext, reset: () => void): Hono {
  const control = new Hono();
  const { school, keys, faults, calls } = simulator;
  const done = { done: true } as const;

  control.get('/faults', (c) => c.json(faults.values));
  control.get('/faults/help', (c) =>
    c.json(
      Object.fromEntries(
        Object.entries(switches).map(([name, { does, accepts }]) => [name, { does, accepts }]),
      ),
    ),
  );
  control.put('/faults', async (c) => {
    faults.set(bodies.faults.parse(await c.req.json()));
    return c.json(faults.values);
  });
  control.get('/calls', (c) => c.json(c.req.query('list') === 'true' ? calls.all : calls.count()));

  control.post('/courses/delete', async (c) => {
    school.deleteCourse(bodies.course.parse(await c.req.json()).courseId);
    return c.json(done);
  });
  control.post('/lectures/delete', async (c) => {
    school.deleteLecture(bodies.lecture.parse(await c.req.json()).lectureId);
    return c.json(done);
  });
  control.post('/lectures/edit', async (c) => {
    const { lectureId, ...edit } = bodies.lectureEdit.parse(await c.req.json());
    school.editLecture(lectureId, withoutUndefined(edit));
    return c.json(done);
  });
  control.post('/videos/edit', async (c) => {
    const { attachmentId, ...edit } = bodies.videoEdit.parse(await c.req.json());
    school.editVideo(attachmentId, withoutUndefined(edit));
    return c.json(done);
  });
  control.post('/keys/add', async (c) => {
    keys.add(bodies.newKey.parse(await c.req.json()).key);
    return c.json(done);
  });
  control.post('/keys/revoke', async (c) => {
    keys.revoke(bodies.revokedKey.parse(await c.req.json()).key);
    return c.json(done);
  });
  control.post('/reset', (c) => {
    reset();
    return c.json(done);
  });

  control.onError((error, c) =>
    c.json({ message: error instanceof z.ZodError ? z.prettifyError(error) : error.message }, 400),
  );
  control.all('*', (c) =>
    c.json({ message: `Cannot ${c.req.method} ${c.req.path}: there is no such control route` }, 404),
  );
  return control;
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** Drops keys whose value is undefined; the cast says what `filter` did. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
