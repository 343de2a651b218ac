import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import { calls, open, useBrowser } from './browser';
import { ask } from './late';

useBrowser();

describe('codes', () => {
  it('are found by typing anywhere and copied by Enter', async () => {
    const page = await open('codes');
    await page.keyboard.type('drop');
    await page.getByText('1 code found').waitFor({ state: 'attached' });
    await page.keyboard.press('Enter');
    await page.getByText('Copied, clears in 20 s').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Acme Bank').waitFor();
  });

  it('are walked by arrows', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+k');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /GitHub.*Copied/ }).waitFor();
  });

  it('count down by the second, show the next one at the end, and are read again', async () => {
    const page = await open('codes');
    const acme = page.getByRole('button', { name: /Acme Bank/ }).first();
    expect(await acme.textContent()).not.toContain('next');
    await page.clock.runFor(17_000);
    expect(await acme.textContent()).toContain('next 918 204');
    const before = (await calls(page)).filter((command) => command === 'codes').length;
    await page.clock.runFor(6_000);
    expect((await calls(page)).filter((command) => command === 'codes').length).toBeGreaterThan(before);
  });

  it('that are hidden show on the first press and are copied on the second', async () => {
    const page = await open('codes');
    const row = page.getByRole('button', { name: /Vault VPN.*press to show/ });
    await row.click();
    await page.getByText('550 118').click();
    await page.getByRole('button', { name: /Vault VPN.*Copied/ }).waitFor();
    await page.clock.runFor(30_000);
    await row.waitFor();
  });

  it('are edited by a button that a finger finds in the smallest window', async () => {
    const page = await open('codes', { width: 360, height: 560 });
    await page.getByRole('button', { name: 'Edit GitHub' }).click();
    await page.getByLabel('Name').fill('Forge');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Forge').waitFor();
    expect(await calls(page)).not.toContain('copy_code');
  });

  it('go to the trash and come back', async () => {
    const page = await open('codes');
    await page.getByRole('button', { name: /Steam/ }).first().click({ button: 'right' });
    await page.getByRole('button', { name: 'Move to trash' }).click();
    await page.getByText('Steam moved to trash').waitFor();
    expect(await page.getByText('R7H3K').count()).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('R7H3K').waitFor();
  });

  it('are listed in the trash, restored, and deleted for good after a question', async () => {
    const page = await open('trash');
    await page.keyboard.press('Control+,');
    await page.getByRole('button', { name: 'Trash' }).click();
    await page.getByRole('button', { name: 'Restore Webshop' }).click();
    await page.getByText('Webshop restored').waitFor();
    await page.getByRole('button', { name: 'Delete Old mail' }).click();
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    expect(await calls(page)).not.toContain('delete_code');
    await page.getByRole('button', { name: 'Delete Old mail' }).click();
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('The trash is empty').waitFor();
    await page.keyboard.press('Control+1');
    await page.getByText('118 204').waitFor();
    expect(await page.getByText('771 530').count()).toBe(0);
  });

  it('can be taken out of the trash also below a request, and for as long as it is open', async () => {
    const page = await open('codes');
    await page.getByRole('button', { name: /Steam/ }).first().click({ button: 'right' });
    await page.getByRole('button', { name: 'Move to trash' }).click();
    await page.getByText('Steam moved to trash').waitFor();
    await ask(page);
    await page.getByRole('dialog', { name: 'Are you signing in?' }).waitFor();
    await page.clock.runFor(30_000);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.keyboard.press('Escape');
    await page.getByText('R7H3K').waitFor();
  });

  it('rest while the window is not seen', async () => {
    const page = await open('codes');
    const hide = (state: string): Promise<void> =>
      page.evaluate((visibility) => {
        Object.defineProperty(document, 'visibilityState', { value: visibility, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await hide('hidden');
    const before = await calls(page);
    await page.clock.runFor(120_000);
    expect(await calls(page)).toEqual(before);
    await hide('visible');
    await page.clock.runFor(1_000);
    expect((await calls(page)).length).toBeGreaterThan(before.length);
  });
});

describe('adding', () => {
  it('tells what a pasted link is, warns of a duplicate and adds it', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+n');
    await page.getByLabel('Link').fill('otpauth://totp/GitHub:mariak');
    await page.keyboard.press('Enter');
    await page.getByText('GitHub, mariak, 6 digits').waitFor();
    await page.getByText('You have this account already').waitFor();
    await page.getByRole('button', { name: 'Add anyway' }).click();
    await page.getByText('GitHub added').waitFor();
    await page.getByText('111 222').waitFor();
  });

  it('takes a picture that is dropped on the codes', async () => {
    const page = await open('codes');
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'qr.png', { type: 'image/png' }));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer }));
    });
    await page.getByText('GitHub, mariak, 6 digits').waitFor();
  });

  it('opens no file that is dropped where nothing takes it', async () => {
    const page = await open('codes');
    const stopped = (): Promise<boolean[]> =>
      page.evaluate(() =>
        ['dragover', 'drop'].map((type) => {
          const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() });
          document.querySelector('h1')?.dispatchEvent(event);
          return event.defaultPrevented;
        }),
      );
    for (const screen of ['1', '2', '3', ',']) {
      await page.keyboard.press(`Control+${screen}`);
      expect(await stopped()).toEqual([true, true]);
    }
    const locked = await open('locked');
    expect(
      await locked.evaluate(() => !window.dispatchEvent(new DragEvent('drop', { cancelable: true }))),
    ).toBe(true);
  });

  it('connects an account by the link that opened the app, with a name for the device', async () => {
    const page = await open('link');
    await page.getByText('Approve sign-ins from id.acme.example').waitFor();
    await page.getByLabel('What this device is called there').fill('Desk');
    await page.keyboard.press('Enter');
    await page.getByText('Connected to Acme Bank').waitFor();
  });

  it('lets a link that is handed over wait for a request and for a sheet', async () => {
    const hand = (page: Page): Promise<void> =>
      page.evaluate(() =>
        window.countersignTest.change('link', (scene) => (scene.pendingLink = 'countersign://enroll?issuer=Acme')),
      );
    const asked = await open('approval');
    await asked.getByRole('dialog', { name: 'Are you signing in?' }).waitFor();
    await hand(asked);
    await asked.waitForFunction(() => window.countersignTest.calls.filter((call) => call === 'status').length > 2);
    expect(await asked.getByRole('dialog').count()).toBe(1);
    await asked.keyboard.press('Escape');
    await asked.getByText('Approve sign-ins from id.acme.example').waitFor();

    const adding = await open('codes');
    await adding.keyboard.press('Control+n');
    await adding.getByLabel('Link').fill('otpauth://totp/half');
    await hand(adding);
    await adding.waitForFunction(() => window.countersignTest.calls.filter((call) => call === 'status').length > 2);
    expect(await adding.getByLabel('Link').inputValue()).toBe('otpauth://totp/half');
    await adding.keyboard.press('Escape');
    await adding.getByText('Approve sign-ins from id.acme.example').waitFor();
    await adding.keyboard.press('Escape');
    await adding.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('keeps what was typed when the key is not one', async () => {
    const page = await open('empty');
    await page.getByRole('button', { name: 'Add account' }).click();
    await page.getByRole('button', { name: 'Type it in' }).click();
    await page.getByLabel('Name').fill('Nextcloud');
    await page.getByLabel('Key').fill('not a key 189');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Nothing was added').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('Nextcloud');
    await page.getByLabel('Key').fill('JBSWY3DPEHPK3PXP');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('Nextcloud added').waitFor();
  });

  it('says what to do when nothing is found', async () => {
    const page = await open('empty');
    await page.getByRole('button', { name: 'Add account' }).click();
    await page.getByLabel('Link').fill('hello');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Use the QR code or the link that the site shows').waitFor();
    expect(await page.getByLabel('Link').inputValue()).toBe('hello');
  });
});
