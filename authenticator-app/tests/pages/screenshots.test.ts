import { mkdir } from 'node:fs/promises';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';

import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';

import type { SceneName } from '../../src/testing/scenes';
import { serious } from './axe';
import { open, useBrowser, type Look } from './browser';

interface Shot {
  name: string;
  scene: SceneName;
  /** What a person does before the picture. */
  steps?: (page: Page) => Promise<unknown>;
}

const go = (screen: string) => (page: Page) => page.getByRole('button', { name: screen, exact: false }).first().click();
const goTab = (label: string) => (page: Page) =>
  page.locator('nav:visible').getByRole('button', { name: label }).click();

const goToSettings = async (page: Page): Promise<void> => {
  if ((page.viewportSize()?.width ?? 0) <= 640) await goTab('Accounts')(page);
  await page.getByRole('button', { name: 'Settings' }).filter({ visible: true }).click();
};
const goToTrash = async (page: Page): Promise<void> => {
  await goToSettings(page);
  await page.getByRole('button', { name: 'Trash' }).click();
};

const SHOTS: Shot[] = [
  { name: 'first', scene: 'first' },
  {
    name: 'first-passphrase',
    scene: 'firstWithoutKeyring',
    steps: (page) => page.getByLabel('Passphrase', { exact: true }).fill('four words or more'),
  },
  {
    name: 'first-keyring-locked',
    scene: 'firstWithKeyringLocked',
    steps: async (page) => {
      await page.getByRole('radio', { name: /keyring/ }).check();
      await go('Continue')(page);
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'recovery', scene: 'first', steps: go('Continue') },
  { name: 'locked', scene: 'locked' },
  { name: 'locked-keyring', scene: 'lockedByKeyring' },
  { name: 'damaged', scene: 'damaged' },
  { name: 'unavailable', scene: 'unavailable' },
  { name: 'recovery-pending', scene: 'recoveryPending' },
  { name: 'recovered', scene: 'recovered' },
  { name: 'codes', scene: 'codes', steps: (page) => page.getByRole('button', { name: /Cloudhost/ }).first().click() },
  { name: 'codes-offline', scene: 'offline' },
  {
    name: 'codes-nothing-found',
    scene: 'codes',
    steps: (page) => page.getByPlaceholder('Search').fill('Nextcloud'),
  },
  { name: 'empty', scene: 'empty' },
  {
    name: 'edit',
    scene: 'codes',
    steps: async (page) => {
      await page.getByRole('button', { name: 'Edit GitHub' }).click();
      await page.getByRole('dialog', { name: 'Edit code' }).waitFor();
    },
  },
  { name: 'add', scene: 'empty', steps: go('Add account') },
  {
    name: 'add-recognised',
    scene: 'empty',
    steps: async (page) => {
      await go('Add account')(page);
      await page.getByRole('button', { name: 'From the clipboard' }).click();
      await page.getByText('GitHub, mariak, 6 digits').waitFor();
    },
  },
  { name: 'add-enrolment', scene: 'link', steps: (page) => page.getByText('Approve sign-ins from').waitFor() },
  {
    name: 'add-by-hand',
    scene: 'empty',
    steps: async (page) => {
      await go('Add account')(page);
      await page.getByRole('button', { name: 'Type it in' }).click();
    },
  },
  {
    name: 'approval',
    scene: 'approval',
    steps: async (page) => {
      await page.getByLabel(/Number shown/).fill('4');
      await page.getByRole('img', { name: /Lisbon/ }).waitFor();
    },
  },
  {
    name: 'approval-not-me',
    scene: 'approval',
    steps: async (page) => {
      await page.getByRole('img', { name: /Lisbon/ }).waitFor();
      await go('This wasn’t me')(page);
    },
  },
  {
    name: 'approval-refused',
    scene: 'pacific',
    steps: async (page) => {
      await page.getByRole('img', { name: /Suva/ }).waitFor();
      await page.keyboard.type('00');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'approval-outcome',
    scene: 'approval',
    steps: async (page) => {
      await page.getByLabel(/Number shown/).fill('42');
      await page.keyboard.press('Enter');
      await page.getByText(/^Approved/).waitFor();
    },
  },
  {
    name: 'approval-outcome-stays',
    scene: 'approval',
    steps: async (page) => {
      await page.getByLabel(/Number shown/).fill('17');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Dismiss' }).waitFor();
    },
  },
  {
    name: 'approval-line',
    scene: 'approvals',
    steps: async (page) => {
      await page.getByText('1 of 3').waitFor();
      await page.keyboard.press('Escape');
      await page.getByText('Still waiting').waitFor();
    },
  },
  { name: 'approvals', scene: 'codes', steps: goTab('Approvals') },
  {
    name: 'approvals-waiting',
    scene: 'approvals',
    steps: async (page) => {
      for (let aside = 0; aside < 3; aside += 1) {
        await page.locator('dialog').waitFor();
        await page.keyboard.press('Escape');
      }
      await goTab('Approvals')(page);
    },
  },
  { name: 'accounts', scene: 'codes', steps: goTab('Accounts') },
  {
    name: 'accounts-remove',
    scene: 'codes',
    steps: async (page) => {
      await goTab('Accounts')(page);
      await page.getByRole('button', { name: 'Remove Acme Bank' }).click();
    },
  },
  { name: 'settings', scene: 'codes', steps: goToSettings },
  {
    name: 'settings-ways',
    scene: 'byKeyring',
    steps: (page) => goToSettings(page).then(() => page.getByText('Ways to unlock').scrollIntoViewIfNeeded()),
  },
  {
    name: 'settings-passphrase',
    scene: 'codes',
    steps: (page) => goToSettings(page).then(() => go('Change the passphrase')(page)),
  },
  {
    name: 'settings-keyring',
    scene: 'byBoth',
    steps: (page) => goToSettings(page).then(() => go('Stop using the keyring')(page)),
  },
  { name: 'settings-recovery', scene: 'codes', steps: (page) => goToSettings(page).then(() => go('Replace')(page)) },
  { name: 'trash', scene: 'trash', steps: goToTrash },
  { name: 'trash-empty', scene: 'codes', steps: goToTrash },
  { name: 'trash-delete', scene: 'trash', steps: (page) => goToTrash(page).then(() => go('Delete Webshop')(page)) },
];

const LOOKS: Record<string, Look> = {
  'desktop-light': { theme: 'light' },
  'desktop-dark': { theme: 'dark' },
  'phone-light': { theme: 'light', width: 390, height: 780 },
  'phone-dark': { theme: 'dark', width: 390, height: 780 },
};

/** The few that the README shows. They are written only when asked for: pictures differ by a pixel between machines. */
const SHOWN = ['codes-desktop-light', 'approval-desktop-dark', 'codes-phone-light', 'approval-phone-dark'];
const folder = fileURLToPath(new URL('../../../target/app-pages/screenshots/', import.meta.url));
const shown = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));

useBrowser();
beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  await mkdir(shown, { recursive: true });
});

describe.each(Object.entries(LOOKS))('%s', (look, options) => {
  it.each(SHOTS)('$name: nothing serious for axe, nothing cut off', async ({ name, scene, steps }) => {
    const page = await open(scene, options);
    await steps?.(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${folder}${name}-${look}.png` });
    if (env['SCREENSHOTS'] === 'docs' && SHOWN.includes(`${name}-${look}`)) {
      await page.screenshot({ path: `${shown}${name}-${look}.png` });
    }
    expect(await serious(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
});
