import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait.ts';

describe('waitFor', () => {
  it('returns the first value, asking again after nothing, falsehood and errors', async () => {
    const answers = [null, undefined, false, new Error('Not yet'), 0];

    const value = await waitFor(
      () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer;
      },
      { what: 'a number' },
    );

    expect(value).toBe(0);
  });

  it('says what it waited for, and why it is not there', async () => {
    const reason = new Error('Still asleep');

    const waited = waitFor(() => Promise.reject(reason), { timeoutMs: 1, what: 'the morning' });

    await expect(waited).rejects.toMatchObject({
      message: expect.stringContaining('the morning'),
      cause: reason,
    });
  });
});

describe('temporaryFolder', () => {
  let ofFirstTest: string;

  it('is there during the test', async () => {
    ofFirstTest = await temporaryFolder();

    expect((await stat(ofFirstTest)).isDirectory()).toBe(true);
  });

  it('is gone after the test', async () => {
    await expect(stat(ofFirstTest)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
