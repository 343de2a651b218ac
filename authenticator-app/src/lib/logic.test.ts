import { describe, expect, it } from 'vitest';

import { summary } from './connection';
import { path, type View } from './geography';
import type { Connection } from './ipc.generated';
import { GROUNDS, monogram } from './monogram';
import { grouped, search } from './search';
import { ago, countdown, secondsUntil, when } from './when';
import { chosen } from './words';
import { en } from './words/en';

const at = (text: string): number => new Date(text).getTime();
const NOW = at('2026-11-20T10:15:00');

describe('times', () => {
  it.each([
    ['2026-11-20T10:14:48', '12 seconds ago'],
    ['2026-11-20T10:14:59', '1 second ago'],
    ['2026-11-20T10:15:00', 'Just now'],
    ['2026-11-20T10:14:00', '10:14'],
    ['2026-11-20T00:00:00', '00:00'],
    ['2026-11-19T23:59:59', 'Yesterday'],
    ['2026-11-16T12:00:00', 'Mon'],
    ['2026-11-14T12:00:00', 'Sat'],
    ['2026-11-13T12:00:00', 'Nov 13'],
    ['2025-12-24T12:00:00', 'Dec 24, 2025'],
  ])('%s is told as %s', (time, told) => {
    expect(when(at(time), NOW)).toBe(told);
  });

  it('tells minutes where the words ask how long ago', () => {
    expect(ago(NOW - 180_000, NOW)).toBe('3 min ago');
    expect(ago(NOW - 3_600_000, NOW)).toBe('09:15');
  });

  it('counts down in whole seconds and stops at nothing', () => {
    expect(countdown(43_000)).toBe('0:43');
    expect(countdown(42_001)).toBe('0:43');
    expect(countdown(125_000)).toBe('2:05');
    expect(countdown(-5)).toBe('0:00');
    expect(secondsUntil(NOW + 4_200, NOW)).toBe(5);
    expect(secondsUntil(NOW - 1, NOW)).toBe(0);
  });
});

describe('search', () => {
  const rows = [
    { issuer: 'Acme Bank', account: 'maria@example.com', pinned: false },
    { issuer: 'Société Générale', account: 'mk', pinned: true },
  ];

  it('finds by any part, without case or accents', () => {
    expect(search(rows, 'SOCIETE')).toEqual([rows[1]]);
    expect(search(rows, 'maria acme')).toEqual([rows[0]]);
    expect(search(rows, '  ')).toEqual(rows);
    expect(search(rows, 'acme mk')).toEqual([]);
  });

  it('puts pinned rows apart and keeps the order', () => {
    expect(grouped(rows)).toEqual({ pinned: [rows[1]], rest: [rows[0]] });
  });
});

describe('monograms', () => {
  it('take the first letter or digit, and always the same ground', () => {
    expect(monogram('  émile').letter).toBe('É');
    expect(monogram('1Password').letter).toBe('1');
    expect(monogram('…').letter).toBe('#');
    expect(monogram('GitHub')).toEqual(monogram('GitHub'));
  });

  it.each(GROUNDS)('white stands on %s', (ground) => {
    expect(1.05 / (luminance(ground) + 0.05)).toBeGreaterThanOrEqual(4.5);
  });
});

describe('the line about connections', () => {
  const connection = (state: Connection['state'], application: string): Connection => ({
    application,
    state,
    lastHeard: NOW - 180_000,
  });

  it('tells the worst of them', () => {
    expect(summary([], NOW).text).toBe('No server connected');
    expect(summary([connection('live', 'Acme')], NOW).text).toBe('Connected to Acme');
    expect(summary([connection('live', 'Acme'), connection('live', 'Host')], NOW).text).toBe('Connected to 2 servers');
    expect(summary([connection('live', 'Acme'), connection('offline', 'Host')], NOW)).toEqual({
      state: 'offline',
      text: 'Last heard from Host 3 min ago',
    });
    expect(summary([{ ...connection('offline', 'Host'), lastHeard: null }], NOW).text).toBe('Host is out of reach');
  });
});

describe('the map', () => {
  const view: View = { latitude: 0, longitude: 179, width: 100, height: 100, scale: 10 };

  it('draws what crosses the view, also from beyond the date line', () => {
    // A line from 180° to 178° West, in whole degrees.
    expect(path([[-180, 0, 2, 0]], 1, view, false)).toBe('M60.0 50.0L80.0 50.0');
    expect(path([[10, 0, 1, 0]], 1, view, true)).toBe('');
  });
});

describe('words', () => {
  const texts = (of: unknown): string[] => {
    if (typeof of === 'string') return [of];
    // A message with gaps, filled with something that is in no rule below.
    if (typeof of === 'function') return [String((of as (...gaps: unknown[]) => unknown)(3, 'x', 3))];
    return Object.values(of as object).flatMap(texts);
  };

  it('keep the house style', () => {
    expect(texts(en).length).toBeGreaterThan(100);
    expect(texts(en).filter((text) => /!|\b(invalid|failed|oops|we)\b/i.test(text))).toEqual([]);
  });

  it('fall back to English', () => {
    expect(chosen(['xx-YY', 'en-GB'])).toBe('en-GB');
    expect(chosen(['xx'])).toBe('en');
  });
});

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = parseInt(colour.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
