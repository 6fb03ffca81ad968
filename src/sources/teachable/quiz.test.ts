import { describe, expect, it } from 'vitest';
import { mapQuiz } from './quiz.ts';
import { parseAttachment, parseQuizQuestions } from './schemas.ts';

function questionOf(question: Record<string, unknown>) {
  const [mapped] = mapQuiz([
    {
      question: 'Which?',
      question_type: 'single',
      answers: [],
      correct_answers: [],
      graded: true,
      ...question,
    },
  ]).questions;
  if (!mapped) throw new Error('There is no question');
  return { ...mapped, correct: mapped.answers.flatMap(({ correct }, index) => (correct ? [index] : [])) };
}

describe('a quiz question', () => {
  it('knows its correct answers by their texts', () => {
    expect(
      questionOf({
        question_type: 'multiple',
        answers: ['A', 'B', 'C'],
        correct_answers: ['C', 'A'],
      }),
    ).toMatchObject({ prompt: 'Which?', type: 'multiple', correct: [0, 2], review: null });
  });

  it('compares texts as they are before it looks past blanks', () => {
    const answers = [' Ten.', 'Ten.', 'Eleven '];

    expect(questionOf({ answers, correct_answers: ['Ten.'] })).toMatchObject({ correct: [1], review: null });
    expect(questionOf({ answers, correct_answers: ['Eleven'] })).toMatchObject({
      correct: [2],
      review: null,
    });
    expect(questionOf({ answers, correct_answers: [' Ten.'] }).answers).toEqual([
      { text: 'Ten.', correct: true },
      { text: 'Ten.', correct: false },
      { text: 'Eleven', correct: false },
    ]);
  });

  it('marks all equal answers when the correct one is among them, and asks for a look', () => {
    const { correct, review } = questionOf({ answers: ['Yes', 'No', 'Yes'], correct_answers: ['Yes'] });

    expect(correct).toEqual([0, 2]);
    expect(review).toMatch(/same text/);
  });

  it('needs no look when wrong answers are equal', () => {
    expect(questionOf({ answers: ['Yes', 'No', 'No'], correct_answers: ['Yes'] }).review).toBeNull();
  });

  it.each([
    [
      'a type that is not known',
      { question_type: 'matching', answers: ['a'], correct_answers: ['a'] },
      /"matching"/,
    ],
    [
      'a blank to fill',
      { question_type: 'fill_blank', answers: ['a'], correct_answers: ['a'] },
      /"fill_blank"/,
    ],
    ['no type', { question_type: null, answers: ['a'], correct_answers: ['a'] }, /"unknown"/],
    ['a correct answer that is not offered', { answers: ['a'], correct_answers: ['b'] }, /not among/],
    ['a grade but no correct answer', { answers: ['a'] }, /No answer/],
    [
      'several correct answers of which one may be chosen',
      { answers: ['a', 'b'], correct_answers: ['a', 'b'] },
      /only one/,
    ],
    ['answers that are no texts', { answers: ['a', 7], correct_answers: ['a'] }, /could not be read/],
  ])('with %s asks for a look and keeps what was sent', (_what, question, reason) => {
    const mapped = questionOf(question);

    expect(mapped.review).toMatch(reason);
    expect(mapped.raw).toMatchObject(question);
  });

  it('that cannot be read at all is kept', () => {
    expect(mapQuiz(['nonsense']).questions).toMatchObject([
      { prompt: '', answers: [], review: expect.any(String), raw: 'nonsense' },
    ]);
  });
});

describe('a quiz', () => {
  it('without grades stays without, and needs no correct answers', () => {
    const survey = {
      question: 'How was it?',
      question_type: 'single',
      answers: ['Good'],
      correct_answers: [],
      graded: false,
    };

    expect(mapQuiz([survey])).toMatchObject({ graded: false, questions: [{ review: null }] });
    expect(mapQuiz([{ ...survey, graded: true }]).graded).toBe(true);
    expect(mapQuiz([])).toEqual({ graded: false, questions: [] });
  });

  it('is found inside each of its envelopes', () => {
    const body = { id: 3, type: 'Quiz', questions: [{ question: 'Q' }] };
    const attachment = { id: 71, kind: 'quiz', name: null, position: 5, quiz: body };

    for (const element of [attachment, { quiz: attachment }]) {
      const parsed = parseAttachment(element);
      expect(parsed).toMatchObject({ id: '71', kind: 'quiz', position: 5 });
      expect(parseQuizQuestions(parsed?.quiz)).toEqual(body.questions);
    }
    expect(parseQuizQuestions({ quiz: body })).toEqual(body.questions);
    expect(parseQuizQuestions(null)).toBeNull();
  });
});
