/** Times as people say them: relative to a minute, then the clock, then the day. */
import { language, words } from './words';

const MINUTE = 60_000;
const DAY = 86_400_000;

const clockTime = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const weekday = new Intl.DateTimeFormat(language, { weekday: 'short' });
const dayAndMonth = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
const fullDate = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' });

/** `12 seconds ago`, `09:41`, `Yesterday`, `Mon`, `3 Nov`, `3 Nov 2025`. */
export function when(time: number, now: number): string {
  const passed = now - time;
  if (passed < MINUTE) return ago(time, now);
  const days = Math.round((midnight(now) - midnight(time)) / DAY);
  if (days <= 0) return clockTime.format(time);
  if (days === 1) return words.time.yesterday;
  if (days < 7) return weekday.format(time);
  return sameYear(time, now) ? dayAndMonth.format(time) : fullDate.format(time);
}

/** `Just now`, `12 seconds ago`, `3 min ago`, then as {@link when}. */
export function ago(time: number, now: number): string {
  const seconds = Math.floor((now - time) / 1000);
  if (seconds < 1) return words.time.now;
  if (seconds < 60) return words.time.secondsAgo(seconds);
  if (seconds < 3600) return words.time.minutesAgo(Math.floor(seconds / 60));
  return when(time, now);
}

/** A day: `3 Nov`, with its year when that is another one. */
export function day(time: number, now: number): string {
  return sameYear(time, now) ? dayAndMonth.format(time) : fullDate.format(time);
}

/** What is left as `0:43`, never below zero. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Whole seconds until a time, never below zero. */
export function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.ceil((time - now) / 1000));
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

function sameYear(one: number, other: number): boolean {
  return new Date(one).getFullYear() === new Date(other).getFullYear();
}
