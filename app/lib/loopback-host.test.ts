import { describe, expect, it } from 'vitest';
import { isLoopbackHost } from './loopback-host.ts';

describe('isLoopbackHost', () => {
  it.each([
    'localhost',
    'localhost:3000',
    '127.0.0.1:3000',
    '[::1]:3000',
    'LOCALHOST',
    'courses.localhost:1',
  ])('lets %s in', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    null,
    '',
    'example.com',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '127.evil.example',
    'evil.example:3000',
    '[::1].evil',
    'localhost@evil.example',
    '192.168.1.2:3000',
  ])('keeps %s out', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
