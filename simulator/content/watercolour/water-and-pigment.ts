import { bare, question, quiz, type SectionDraft, text, upload } from '../author.ts';
import { resizedUrlOf, urlOf } from '../uploads.ts';

export const waterAndPigment: SectionDraft = {
  id: 820002,
  name: 'Water, pigment, patience  ',
  is_published: true,
  position: 2,
  lectures: [
    {
      id: 930005,
      name: 'Three washes that carry every picture',
      position: 1,
      attachments: [
        upload('video', 'Drei Lasuren – Übung.mp4', urlOf('washesFilm')),
        text(
          `<p>Skies, walls, water, shadows: nearly every large area in a watercolour is one of three washes.</p><p><img src="${resizedUrlOf('washes')}"></p><h3>Flat</h3><p>Mix more paint than you need. Tilt the board by a thumb's width, load the brush, and draw one stroke under the other so that each picks up the bead of the last.</p><h3>Graded</h3><p>The same, but dip the brush into <u>clean</u> water before every stroke. Do not look back.</p><h3>Wet in wet</h3><p>Wet the paper until it shines like silk, not like a puddle. Touch it with colour once. Then put your hands behind your back.</p><hr><p>If an edge dries hard, leave it. <strong>Correcting is what makes mud.</strong></p>`,
        ),
      ],
    },
    {
      id: 930006,
      name: 'Listening to paper dry',
      position: 2,
      attachments: [
        text(
          '<p>The hardest tool in this course is the clock. A second layer on damp paper becomes a stain; on dry paper it becomes light.\n</p>\n<p>Play the bell below when you put the brush down. When it has faded, touch the sheet with the back of your hand: <em>cold</em> means wet, <em>warm</em> means ready.\n</p>',
        ),
        upload('audio', 'Drying bell.mp3', urlOf('bell')),
      ],
    },
    {
      id: 930007,
      name: 'A colour wheel that you will really use',
      position: 3,
      attachments: [
        upload('image', 'Farbkreis 1:1.png', urlOf('colourWheel')),
        text(
          `<p>Paint the wheel once with your own box and pin it over your table. Neighbours mix bright, opposites mix grey: all of colour theory in six words.</p><p>Three mixtures you will need on the lake:</p><ul><li>ultramarine + a touch of orange: <em>distant hills</em></li><li>yellow ochre + much water: <em>the sky just before the sun</em></li><li class="ql-indent-1">never white: leave the paper alone instead</li></ul><p>Do you paint on a screen as well? Here is the palette for it.</p>`,
        ),
        bare(
          'code_display',
          '/* The lake palette */\n:root {\n  --ultramarine: #2b4c9b;\n  --dawn: #f6d7ae;\n  --hills: color-mix(in oklab, var(--ultramarine) 70%, orange);\n}\nif (wash < wet && colour > 3) { stop(); }',
        ),
        quiz(210002, [
          question(
            'single',
            'Which mixture did you like best? (There is no wrong answer.)',
            ['Hills', 'Sky', 'Paper'],
            [],
            false,
          ),
          question(
            'multiple',
            'Where will you hang your wheel?',
            ['Over the table', 'In the kitchen', 'Nowhere'],
            [],
            false,
          ),
        ]),
      ],
    },
    {
      id: 930011,
      name: 'A pear in two layers',
      position: 11,
      attachments: [
        upload('video', 'pear part 1.mp4', null),
        text(
          `<p>Why a pear? Because it forgives. Nobody ever said: that pear has got the wrong nose.</p><p><img src="${urlOf('pear')}" alt=""></p><p>First film: the light layer, from the edge inwards, with a window of white paper left for the shine. Second film: look at your finished sheet like a camera, slowly, from left to right, before you decide that something is missing.<br class="softbreak">Usually nothing is.</p><p><img src="${urlOf('mark')}"></p>`,
        ),
        upload('video', 'pear part 2.mkv', urlOf('drift')),
      ],
    },
  ],
};
