import { beforeAll, describe, expect, it } from 'vitest';
import type { Course, Lecture, School } from '../../simulator/main.ts';
import type { Context } from '../../src/context.ts';
import { organisations } from '../../src/db/schema/index.ts';
import { driveImport } from './drive-import.ts';
import { connectSchool, type ImportPlatform, startImportPlatform } from './import-platform.ts';

/** Two courses whose lessons link to each other in every way that Teachable knows. */
const texts: Readonly<Record<number, string>> = {
  11: `<p><a href="https://learn.ada.example/courses/oils/lectures/21?x=1#top">by name</a>
    <a href="/courses/200/lectures/21">relative</a> <a href="https://ada.teachable.com/courses/enrolled/200">course</a>
    <a href="https://learn.ada.example/p/oils">sales page</a> <a href="https://ada.teachable.com/courses/100/lectures/12">own</a>
    <a href="https://ada.teachable.com/pages/about">about</a> <a href="https://else.example/courses/200">else</a>
    <a href="https://ada.teachable.com/courses/100/lectures/99">nowhere</a></p>`,
  12: '<p>Written out: https://process.fs.teachablecdn.com/x</p>',
  21: '<p><a href="https://learn.ada.example/courses/water/lectures/11">back</a> <a href="#notes">notes</a></p>',
};

const school: School = {
  courses: [courseOf(100, 'Water', [11, 12]), courseOf(200, 'Oils', [21])],
  findLecture(_courseId, id): Lecture | undefined {
    const text = texts[id];
    const attachment = { id: id * 10, name: null, kind: 'text', url: null, position: 1 };
    return text === undefined
      ? undefined
      : {
          id,
          name: `Lesson ${id}`,
          is_published: true,
          position: 1,
          lecture_section_id: 1,
          attachments: [
            { ...attachment, text },
            ...(id === 12
              ? [
                  {
                    ...attachment,
                    id: 121,
                    kind: 'code_embed',
                    text: '<iframe src="https://player.hotmart.com/embed/abc?signature=secret"></iframe>',
                  },
                ]
              : []),
          ],
        };
  },
  findVideo: () => undefined,
  findAsset: () => undefined,
};

function courseOf(id: number, name: string, lectures: readonly number[]): Course {
  return {
    id,
    name,
    heading: null,
    description: `<p>Begin with <a href="/courses/${id}/lectures/${lectures[0]}">the first lesson</a></p>`,
    is_published: true,
    image_url: null,
    lecture_sections: [
      {
        id: id * 10,
        name: 'All',
        is_published: true,
        position: 1,
        lectures: lectures.map((lecture, index) => ({
          id: lecture,
          position: index + 1,
          is_published: true,
        })),
      },
    ],
  };
}

let platform: ImportPlatform;
beforeAll(async () => {
  platform = await startImportPlatform({ idle: true, school });
});

let owners = 0;
async function newOwner({ schoolUrls = '' } = {}) {
  owners += 1;
  const organisationId = `org_${owners}`;
  await platform.database.insert(organisations).values({ id: organisationId, name: organisationId });
  const { getContext } = await import('../../src/context.ts');
  const context = getContext(organisationId);
  const connectionId = await connectSchool(context, platform.simulator.apiUrl, 'sim-key', schoolUrls);
  return {
    context,
    connectionId,
    async importNow(sourceCourseId: string) {
      const { startImport } = await import('../../src/imports/start.ts');
      const { getReport } = await import('../../src/imports/report.ts');
      const { importId } = await startImport(context, { connectionId, sourceCourseId });
      await driveImport(context, importId);
      return getReport(context, importId);
    },
  };
}

/** Where the links of all lessons and of the course's own text lead, by the titles there. */
async function linksOf(context: Context, courseId: string | null) {
  const { getCourse } = await import('../../src/courses/get-course.ts');
  const { getLesson } = await import('../../src/courses/get-lesson.ts');
  const titleOf = async (lessonId: string | null, id: string) =>
    lessonId === null ? (await getCourse(context, id)).title : (await getLesson(context, lessonId)).title;
  const course = await getCourse(context, courseId ?? '');
  const found: Record<string, string> = {};
  const lessons = course.sections.flatMap((section) => section.lessons);
  const all = [course.references, ...(await Promise.all(lessons.map(({ id }) => getLesson(context, id))))];
  for (const { links } of all)
    for (const [href, link] of Object.entries(links))
      found[href] = `${await titleOf(link.lessonId, link.courseId)}${link.fragment}`;
  return found;
}

const waterLinks = {
  '/courses/100/lectures/11': 'Lesson 11',
  'https://ada.teachable.com/courses/100/lectures/12': 'Lesson 12',
  'https://learn.ada.example/courses/oils/lectures/21?x=1#top': 'Lesson 21#top',
  '/courses/200/lectures/21': 'Lesson 21',
  'https://ada.teachable.com/courses/enrolled/200': 'Oils',
  'https://learn.ada.example/p/oils': 'Oils',
};

describe('links between courses', () => {
  it('lead to ours in whatever order the courses are imported', async () => {
    const one = await newOwner();
    const water = await one.importNow('100');
    await one.importNow('200');
    const other = await newOwner();
    await other.importNow('200');
    const waterLast = await other.importNow('100');

    expect(await linksOf(one.context, water.course.id)).toEqual(waterLinks);
    expect(await linksOf(other.context, waterLast.course.id)).toEqual(waterLinks);
  });

  it('that lead nowhere yet are issues which name the lesson, until the other course is imported', async () => {
    const { context, importNow } = await newOwner();
    const { getReport } = await import('../../src/imports/report.ts');
    const first = await importNow('100');
    const unresolved = (report: typeof first) =>
      report.issues
        .filter(({ code, resolvedAt }) => code === 'LINK_UNRESOLVED' && resolvedAt === null)
        .map(({ itemKind, sourceId }) => `${itemKind} ${sourceId}`);

    expect(unresolved(first)).toEqual(['course 200', 'lesson 21', 'lesson 21', 'lesson 99']);
    expect(first.issues.filter(({ code }) => code.startsWith('LINK'))).toSatisfy(
      (issues: typeof first.issues) =>
        issues.every(
          ({ message, lesson }) => message.startsWith('Lesson "Lesson 11": ') && lesson?.sourceId === '11',
        ),
    );
    expect(JSON.stringify(first)).not.toContain('x=1');

    await importNow('200');
    const later = await getReport(context, first.import.id);

    expect(unresolved(later)).toEqual(['lesson 99']);
    expect(later.issues.find(({ sourceId }) => sourceId === '200')).toMatchObject({ resolvedBy: 'import' });
  });

  it('are no edit: the course imported again is unchanged', async () => {
    const { importNow } = await newOwner();
    await importNow('100');
    await importNow('200');

    const again = await importNow('100');

    expect(again.kinds.map(({ imported }) => imported)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(again.issues.filter(({ code }) => code === 'EDITED_HERE')).toEqual([]);
  });
});

describe('what still refers to the old school', () => {
  it('is named with its lesson: hosts of files and players, and pages without a counterpart', async () => {
    const { importNow } = await newOwner();

    const { issues, notAvailable } = await importNow('100');

    const left = issues.filter(({ code }) => code === 'ASSET_HOST_LEFT').map(({ message }) => message);
    expect(left).toEqual([
      expect.stringMatching(/^Lesson "Lesson 12": A text .*\(process\.fs\.teachablecdn\.com\)/),
      expect.stringMatching(/^Lesson "Lesson 12": An embed .*\(player\.hotmart\.com\)/),
    ]);
    expect(JSON.stringify(issues)).not.toContain('secret');
    expect(issues.find(({ code }) => code === 'LINK_TO_SCHOOL')).toMatchObject({
      itemKind: 'block',
      sourceId: '110',
      message: expect.stringContaining('ada.teachable.com/pages/about'),
    });
    expect(JSON.stringify(issues)).not.toContain('else.example');
    expect(notAvailable).toContain('Coupons');
  });
});

describe('an issue', () => {
  it('leads to its lesson here and at the school, is resolved and reopened by its owner alone, page by page', async () => {
    const { context, importNow } = await newOwner({ schoolUrls: 'learn.ada.example ada.teachable.com' });
    const { listIssues } = await import('../../src/imports/issues.ts');
    const { issuesCsv } = await import('../../src/imports/issues-csv.ts');
    const { reopenIssue, resolveIssue } = await import('../../src/imports/resolve-issue.ts');
    const { getLesson } = await import('../../src/courses/get-lesson.ts');
    const report = await importNow('100');
    const query = { importId: report.import.id };
    const { issues, total } = await listIssues(context, query);
    const issue = issues.find(({ code }) => code === 'LINK_TO_SCHOOL');
    const issueId = issue?.id ?? '';

    expect(issues.map(({ id: _id, ...rest }) => rest)).toEqual(report.issues);
    expect(issue?.lesson).toMatchObject({
      sourceId: '11',
      schoolUrl: 'https://learn.ada.example/admin-app/courses/100/curriculum/lessons/11',
    });
    expect((await getLesson(context, issue?.lesson?.path?.split('/').at(-1) ?? '')).title).toBe('Lesson 11');
    expect(await listIssues(context, { ...query, limit: 1, offset: 1 })).toEqual({
      issues: [issues[1]],
      total,
    });

    await expect(resolveIssue({ ...context, organisationId: 'org_0' }, { issueId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await resolveIssue(context, { issueId });
    const resolved = await listIssues(context, { ...query, state: 'resolved', severity: 'warning' });
    expect(resolved).toMatchObject({ total: 1, issues: [{ id: issueId, resolvedBy: 'owner' }] });
    expect(resolved.issues[0]?.resolvedAt).toMatch(/^\d{4}-.*Z$/);
    expect(issuesCsv(resolved.issues)).toContain('"owner"\r\n');
    await reopenIssue(context, { issueId });
    expect((await listIssues(context, { ...query, state: 'open' })).total).toBe(total);
  });
});

describe('the redirect map', () => {
  it('has every course and lesson, by id and by the names that links have taught', async () => {
    const { context, connectionId, importNow } = await newOwner();
    const { getRedirectMap } = await import('../../src/imports/redirect-map.ts');
    await importNow('200');
    const water = await importNow('100');

    const json = await getRedirectMap(context, { connectionId, format: 'json' });
    const next = await getRedirectMap(context, {
      courseId: water.course.id ?? '',
      format: 'next',
      targetOrigin: 'https://new.example/x',
    });

    const from = (JSON.parse(json.text) as { from: string }[]).map((one) => one.from);
    expect(from.sort()).toEqual(
      [
        ...['/courses/100', '/courses/enrolled/100', '/courses/100/lectures/11', '/courses/100/lectures/12'],
        ...['/courses/200', '/courses/enrolled/200', '/courses/200/lectures/21'],
        ...['/courses/oils', '/p/oils', '/courses/water', '/p/water'],
      ].sort(),
    );
    expect(next.text).toMatch(
      /"\/courses\/:course\/lectures\/11",\s+"destination": "https:\/\/new.example\/courses\/crs_/,
    );
    await expect(getRedirectMap(context, { courseId: 'crs_none', format: 'csv' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
