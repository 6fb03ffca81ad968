import { bare, question, quiz, type SectionDraft, text, upload } from '../author.ts';
import { proxiedUrlOf, resizedUrlOf, urlOf } from '../uploads.ts';

export const lakeAtSunrise: SectionDraft = {
  id: 820003,
  name: 'A lake at sunrise',
  is_published: true,
  position: 4,
  lectures: [
    {
      id: 930012,
      name: 'Composition: three lines and a boat',
      position: 1,
      attachments: [
        text(
          `<p>Put the water line <strong>below</strong> the middle. Put the sun <strong>off</strong> the middle. Put the boat where the two would miss each other.</p><p><img src="${proxiedUrlOf('cover')}" alt="The finished painting"></p><p>That is the whole composition. Download the outline if you would rather trace it, and see <a href="/courses/510001/lectures/930003" rel="noopener noreferrer" target="_blank">your nine washes</a> for the sky.</p><table><tbody><tr><td>Far hills</td><td>one part paint, four parts water</td></tr><tr><td>Middle hills</td><td>one to two</td></tr><tr><td>Shore</td><td>one to one</td></tr></tbody></table>`,
        ),
        upload('file', 'Sketches.zip', urlOf('sketches')),
        { name: 'A walk around the lake', kind: 'embed', url: 'https://vimeo.com/76979871', text: null },
      ],
    },
    {
      id: 930013,
      name: 'Painting along: five layers in one morning',
      position: 2,
      attachments: [
        upload('video', 'lake complete.mp4', null),
        text(
          `<p><img src="${resizedUrlOf('mark')}"> Paint along with the film. Five layers, and between them the bell from <a href="https://ada-paints.teachable.com/courses/510001/lectures/930006">the lesson on drying</a>.</p><ol><li>Sky: graded, from blue to apricot, around the sun.</li><li>Water: the same wash upside down.</li><li>Hills: far ones pale and cool, near ones dark and warm.</li><li>Shore and reflections.</li><li>Reeds, boat, birds: two minutes with the small brush, <span style="color: rgb(130, 13, 13);">not three</span>.</li></ol>`,
        ),
        bare(
          'code_embed',
          '<iframe width="560" height="315" src="https://www.youtube.com/embed/aqz-KE-bpKQ" title="Mist over water, one hour" frameborder="0" allow="encrypted-media; picture-in-picture" allowfullscreen></iframe>',
        ),
        bare(
          'code_embed',
          '<div class="sun-widget" data-place="lake"></div>\n<script async src="https://widgets.example/sunrise.js" data-unit="minutes"></script>',
        ),
      ],
    },
    {
      id: 930014,
      name: 'Show your work',
      position: 3,
      attachments: [
        bare(
          'html',
          '<p>Sign your sheet in pencil, low and small.\n</p>\n<p>Then photograph it near a window, without flash, and tell us one thing that surprised you.\n</p>',
        ),
        bare('open_response_question', 'What surprised you while you painted the lake?'),
        quiz(210003, [
          question('fill_blank', 'Cold paper is ____.', ['wet', 'damp'], ['wet', 'damp']),
          question(
            'matching',
            'Match the wash with the subject.',
            ['flat: wall', 'graded: sky', 'wet in wet: cloud'],
            ['flat: wall', 'graded: sky', 'wet in wet: cloud'],
          ),
          question(
            'single',
            'What do you do with a hard edge?',
            ['Leave it', 'Scrub it', 'Cry'],
            ['Leave it'],
          ),
        ]),
        { name: 'Sketch together', kind: 'whiteboard', url: null, text: null, position: null },
        bare('native_comments'),
      ],
    },
    { id: 930015, name: 'Intermission', position: 4, is_published: false, attachments: [] },
  ],
};
