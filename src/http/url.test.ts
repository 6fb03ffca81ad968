import { describe, expect, it } from 'vitest';
import { describeUrl, parseHttpUrl } from './url.ts';

describe('describeUrl', () => {
  it('shows host and path, never query, fragment or password', () => {
    expect(describeUrl('https://user:pw@cdn.example:8443/a/b.m3u8?hdnts=secret#x')).toBe(
      'cdn.example:8443/a/b.m3u8',
    );
    expect(describeUrl('data:text/plain,secret')).toBe('a data: address');
    expect(describeUrl('no address')).toBe('an invalid address');
  });

  it('shortens long paths', () => {
    expect(describeUrl(`https://cdn.example/${'a'.repeat(500)}`).length).toBeLessThan(210);
  });
});

describe('parseHttpUrl', () => {
  it('resolves relative addresses and drops what must not travel', () => {
    const base = new URL('https://cdn.example/a/master.m3u8');

    expect(parseHttpUrl('v1/x.ts?t=1#frag', base).href).toBe('https://cdn.example/a/v1/x.ts?t=1');
    expect(parseHttpUrl('//u:p@other.example/x', base).href).toBe('https://other.example/x');
  });
});
