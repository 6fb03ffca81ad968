import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Attendance } from './attendance.ts';

const app = { name: 'shop', url: 'http://127.0.0.1:3000/api/inngest?fnId=x' };
const url = 'http://127.0.0.1:3000/api/inngest';
const away = { kind: 'away', problem: 'connect ECONNREFUSED' } as const;
const refused = { kind: 'refused', problem: 'HTTP 500' } as const;

function startAttendance({ isKnown = true } = {}) {
  const lines: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  const attendance = new Attendance({ findApp: () => (isKnown ? app : undefined), logger });
  const told = () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { attendance, lines, told };
}

describe('the attendance of apps', () => {
  it('tells of an app by its name and url', () => {
    const { attendance, lines } = startAttendance();

    attendance.calledInVain(app, 'nobody answers there');

    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 40, app: 'shop', url, reason: 'nobody answers there', msg: 'App is away: its jobs wait' },
    ]);
  });

  it('tells once that an app is away and back, whoever notices it', () => {
    const { attendance, told } = startAttendance();

    attendance.calledInVain(app, 'nobody answers there');
    attendance.calledInVain(app, 'nobody answers there');
    attendance.asked(url, away);
    expect(attendance.whyAway('shop')).toBe('nobody answers there');
    attendance.answered(app, performance.now());
    attendance.answered(app, performance.now());
    attendance.asked(url, null);

    expect(attendance.whyAway('shop')).toBeNull();
    expect(told()).toEqual(['App is away: its jobs wait', 'App is back']);
  });

  it('takes no answer for a return that was asked for before', () => {
    const { attendance, told } = startAttendance();
    const calledAtMs = performance.now();

    attendance.calledInVain(app, 'nobody answers there');
    attendance.answered(app, calledAtMs);

    expect(told()).toEqual(['App is away: its jobs wait']);
  });

  it('takes an app for back that registers, unless calls find nobody', () => {
    const { attendance, told } = startAttendance();

    attendance.asked(url, away);
    attendance.registered(app, 2, false);
    attendance.asked(url, null);
    attendance.asked(url, away);
    attendance.calledInVain(app, 'nobody answers there');
    attendance.asked(url, null);

    expect(told()).toEqual(['App is away: its jobs wait', 'App is back', 'App is away: its jobs wait']);
  });

  it('tells once that an app is registered, and of every change of its functions', () => {
    const { attendance, told } = startAttendance();

    attendance.registered(app, 2, false);
    attendance.registered(app, 2, false);
    attendance.registered(app, 3, true);

    expect(told()).toEqual(['App is registered', 'App has registered its functions']);
  });

  it('says of an app with functions that it does not register again, and of others that they are not registered', () => {
    const known = startAttendance();
    const unknown = startAttendance({ isKnown: false });

    known.attendance.asked(url, refused);
    known.attendance.asked(url, null);
    unknown.attendance.asked(url, away);

    expect(known.told()).toEqual([
      'App does not register again: its functions stay as they are',
      'App registers again',
    ]);
    expect(unknown.told()).toEqual(['App is not registered: trying again']);
  });

  it('tells once why functions are refused', () => {
    const { attendance, told } = startAttendance();

    attendance.refused('shop', 'no trigger');
    attendance.refused('shop', 'no trigger');

    expect(told()).toEqual(['Refused the registration of an app']);
  });
});
