import { env } from 'node:process';

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';

import type { SceneName } from '../../src/testing/scenes';

export interface Look {
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  direction?: 'ltr' | 'rtl';
  textScale?: number;
}

/** The time in every page: a Friday morning. */
export const NOW = new Date('2026-11-20T10:15:00');

let browser: Browser;
const pages: Page[] = [];
/** What the pages complained of: errors, and anything that the content security policy stopped. */
let complaints: string[] = [];

/** One browser for a file of tests; every page must end without a complaint. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
    });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    const heard = complaints;
    complaints = [];
    expect(heard).toEqual([]);
  });
}

/** The app on a page of its own, as it stands in a scene. */
export async function open(scene: SceneName, look: Look = {}): Promise<Page> {
  const { theme = 'light', width = 960, height = 680, direction = 'ltr', textScale = 1 } = look;
  const page = await browser.newPage({
    colorScheme: theme,
    viewport: { width, height },
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  pages.push(page);
  page.setDefaultTimeout(8_000);
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  // As Tauri's freezePrototype does.
  await page.addInitScript(() => void Object.freeze(Object.prototype));
  await page.clock.install({ time: NOW });
  await page.goto(`${inject('site')}?scene=${scene}`);
  if (direction === 'rtl') await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  if (textScale !== 1) {
    await page.evaluate((scale) => (document.documentElement.style.fontSize = `${scale * 100}%`), textScale);
  }
  await page.locator('h1').first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  return page;
}

/** The commands that a page has called so far. */
export function calls(page: Page): Promise<string[]> {
  return page.evaluate(() => window.countersignTest.calls);
}
