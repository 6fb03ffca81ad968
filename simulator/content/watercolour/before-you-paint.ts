import { bare, question, quiz, type SectionDraft, text, upload } from '../author.ts';
import { urlOf, wrappedUrlOf } from '../uploads.ts';

export const beforeYouPaint: SectionDraft = {
  id: 820001,
  name: 'Before you paint',
  is_published: true,
  position: 1,
  lectures: [
    {
      id: 930001,
      name: 'Welcome to the lake',
      position: 1,
      attachments: [
        upload('video', '01 Welcome to the lake.wmv.mp4', urlOf('welcome')),
        text(
          `<p>Hello, and welcome. In the film above you see the whole course in eight seconds: a pencil line, a first wash, and then layer over layer until there is a morning on the paper.</p><p>You will paint this picture yourself in the last section. Until then we practise <strong>three things only</strong>:</p><ol><li>how much water is on the brush,</li><li>how wet the paper is,</li><li>and when to stop.</li></ol><p class="ql-align-center"><img src="${urlOf('mark')}"></p><p>The little drop marks every exercise. When you see it, put the video on pause and <span style="color: rgb(63, 135, 173);">paint along</span>.</p><p><br></p><p class="ql-align-center"><em>Nobody was ever told they cannot draw by a sheet of paper.</em></p>`,
        ),
        bare('native_comments'),
      ],
    },
    {
      id: 930002,
      name: 'What you need, and what you can leave in the shop',
      position: 2,
      attachments: [
        text(
          `<p>Everything for this course fits into a shoebox.\n</p>\n<p><img src="${urlOf('materials')}" alt="Paper, three brushes, a box of ten colours and a glass of water">\n</p>\n<ul>\n\t<li><strong>Paper</strong>: cotton, 300 g. If you save on one thing, save on everything else.\n\t</li>\n\t<li><strong>Brushes</strong>: one large round, one small round, one flat.\n\t<ul>\n\t\t<li>synthetic ones are fine</li>\n\t\t<li>a good point matters more than a good name</li>\n\t</ul></li>\n\t<li><strong>Colours</strong>: ten half pans. The shop will offer you forty-eight.\n\t</li>\n\t<li><strong>Two jars</strong>: one for clean water, one for the other kind.\n\t</li>\n</ul>\n<p><br>\n</p>\n<p><span style="font-family:Arial;">The list below opens in any spreadsheet; take it with you on your phone.</span>\n</p>`,
        ),
        upload('file', 'Shopping list.csv', urlOf('shoppingList')),
        upload('image', 'Materials.png', urlOf('materials')),
        bare('upsell'),
      ],
    },
    {
      id: 930003,
      name: 'Exercise: nine small washes',
      position: 3,
      attachments: [
        text(
          `<p><img src="${wrappedUrlOf('mark')}"> Print the worksheet, or draw nine boxes by hand. Fill one box after the other and do not correct anything: this sheet is for looking, not for hanging.</p><blockquote>A bead of paint at the lower edge of the wash is your friend. Lead it down the paper; never let it dry where it is.</blockquote><p>When you are done, number the boxes by how much you like them. Most people like number four best, and most people had given up on it at first.</p>`,
        ),
        upload('pdf_embed', 'Worksheet 1 – Nine small washes.pdf', urlOf('worksheet')),
        bare(
          'code_embed',
          '<iframe src="https://forms.example/embed/nine-washes" width="640" height="567" frameborder="0" title="Tell us which box you liked best">Loading…</iframe>',
        ),
      ],
    },
    {
      id: 930004,
      name: 'Ready to paint?',
      position: 4,
      attachments: [
        text('<p>Four questions. You may look at your worksheet.</p>'),
        quiz(210001, [
          question(
            'single',
            'What should you not save on?',
            [' The brushes.', 'The paper.', 'The box '],
            ['The paper.'],
          ),
          question(
            'multiple',
            'Which of these belong on your table?',
            ['Two jars of water', ' Cotton paper', 'A hair dryer', 'A rag or kitchen paper '],
            ['Two jars of water', ' Cotton paper', 'A rag or kitchen paper '],
          ),
          question(
            'single',
            'How many brushes does this course need?',
            ['One', 'Three', 'Three', 'Twelve'],
            ['Three'],
          ),
          question(
            'single',
            'When is a wash finished?',
            ['When you stop', 'When it is dry', 'Never'],
            ['When it is dry'],
          ),
        ]),
      ],
    },
  ],
};
