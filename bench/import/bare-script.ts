import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, request } from 'undici';
import { apiKey, type BenchSchool, courseId } from './schools.ts';

interface Outline {
  readonly course: { readonly lecture_sections: { readonly lectures: { readonly id: number }[] }[] };
}
interface LectureAnswer {
  readonly lecture: {
    readonly attachments: { readonly url?: string | null; readonly text?: string | null }[];
  };
}

/**
 * What somebody would write in an afternoon: reads the course and its lessons, and writes every file to disk with its SHA-256.
 * Remembers nothing and repeats nothing. As many at once as the import engine has.
 *
 * @returns how long it took, in ms
 */
export async function runBareScript(school: BenchSchool, atOnce: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'courseport-bench-bare-'));
  const agent = new Agent({ connections: 2 * atOnce });
  const port = new URL(school.apiUrl).port;
  try {
    const startMs = performance.now();
    const read = async <T>(path: string): Promise<T> => {
      const answer = await request(`${school.apiUrl}${path}`, { headers: { apiKey }, dispatcher: agent });
      return (await answer.body.json()) as T;
    };
    const { course } = await read<Outline>(`/courses/${courseId}`);
    const lectures = course.lecture_sections.flatMap((section) => section.lectures);
    const urls: string[] = [];
    const downloads = new Pool(atOnce, async (url: string) => {
      const at = new URL(url);
      // The school's hosts are names under "localhost", which not every machine resolves.
      const local = `http://127.0.0.1:${port}${at.pathname}${at.search}`;
      const answer = await request(local, { headers: { host: at.host }, dispatcher: agent });
      if (answer.statusCode !== 200) throw new Error(`${url} answers ${answer.statusCode}`);
      await writeFile(answer.body, join(folder, String(urls.push(url))));
    });
    const lessons = new Pool(atOnce, async (id: number) => {
      const { lecture } = await read<LectureAnswer>(`/courses/${courseId}/lectures/${id}`);
      for (const { url, text } of lecture.attachments) {
        if (url) downloads.add(url);
        for (const [, image] of text?.matchAll(/<img src="([^"]+)"/g) ?? []) if (image) downloads.add(image);
      }
    });
    for (const { id } of lectures) lessons.add(id);
    await lessons.done();
    await downloads.done();
    return performance.now() - startMs;
  } finally {
    await agent.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeFile(body: NodeJS.ReadableStream, path: string): Promise<void> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(body, hashing, createWriteStream(path));
  hash.digest('hex');
}

/** Works on what is added, so much at once. */
class Pool<T> {
  readonly #atOnce: number;
  readonly #work: (item: T) => Promise<void>;
  readonly #waiting: T[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(atOnce: number, work: (item: T) => Promise<void>) {
    this.#atOnce = atOnce;
    this.#work = work;
  }

  add(item: T): void {
    this.#waiting.push(item);
    this.#next();
  }

  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #next(): void {
    const item = this.#running.size < this.#atOnce ? this.#waiting.shift() : undefined;
    if (item === undefined) return;
    const work = this.#work(item).finally(() => {
      this.#running.delete(work);
      this.#next();
    });
    this.#running.add(work);
  }
}
