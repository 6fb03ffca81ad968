import { expect, it } from 'vitest';
import { shownUrl } from './shown-url.ts';

it('shows where a URL leads, and none of its secrets', () => {
  expect(shownUrl('https://user:word@app.example:8443/api/inngest?bypass=secret#x')).toBe(
    'https://app.example:8443/api/inngest',
  );
  expect(shownUrl('no URL')).toBe('');
});
