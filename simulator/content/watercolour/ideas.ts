import { quiz, type SectionDraft, text, upload } from '../author.ts';
import { urlOf } from '../uploads.ts';

/** What many schools have: a scratch pad that students never see. */
export const ideas: SectionDraft = {
  id: 820004,
  name: 'Ideas, internal only',
  is_published: false,
  position: 7,
  lectures: [
    {
      id: 930016,
      name: 'Plans for a second course',
      position: 1,
      attachments: [
        text(
          `<p>Portraits? Too many noses. Trees: yes.</p><p><img src="${urlOf('mark')}"></p><p>Ask last year's group. Old worksheet below, to be drawn anew.</p>`,
        ),
        upload('pdf', 'old worksheet.pdf', urlOf('draftSheet')),
        quiz(210004, []),
      ],
    },
  ],
};
