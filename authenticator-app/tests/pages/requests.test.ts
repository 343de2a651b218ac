import { describe, expect, it } from 'vitest';

import { NUMBER } from '../../src/testing/core';
import { calls, open, useBrowser } from './browser';
import { ask } from './late';

useBrowser();

describe('an approval', () => {
  it('takes the window, wants all digits and goes back to what was open', async () => {
    const page = await open('approval');
    const approve = page.getByRole('button', { name: 'Approve', exact: true });
    await page.keyboard.type('4x');
    expect(await approve.isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    expect(await calls(page)).not.toContain('approve');
    await page.keyboard.type(NUMBER.slice(1));
    await page.keyboard.press('Enter');
    await page.getByText(/^Approved/).waitFor();
    await page.clock.runFor(3_000);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Codes' }).waitFor();
  });

  it('with another number lets nobody in and says what to do', async () => {
    const page = await open('approval');
    await page.keyboard.type('17');
    await page.keyboard.press('Enter');
    await page.getByText('Ask for a new request').waitFor();
    await page.clock.runFor(60_000);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('shows all of the device, and how long is left by the clock of its own server', async () => {
    const page = await open('clocks');
    await page.getByText('1 of 2').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('timer').getByText(/\b0:\d\d left/).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+2');
    await page.getByRole('button', { name: /Acme Bank.*[^\d]0:\d\d left/ }).waitFor();
    await page.getByRole('button', { name: /Cloudhost.*[^\d]0:\d\d left/ }).waitFor();
    await ask(page);
    await page.getByText('Maria’s laptop').waitFor();
    await page.getByRole('dialog').getByText('Firefox on Windows').waitFor();
    await page.getByText('Approving this needs a device that can verify').waitFor();
  });

  it('clears the digits when the answer could not be sent', async () => {
    const page = await open('approval');
    await page.keyboard.type('00');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Your answer was not sent').waitFor();
    expect(await page.getByLabel(/Number shown/).inputValue()).toBe('');
  });

  it('asks once before it stops a sign-in that was not the person’s', async () => {
    const page = await open('approval');
    await page.getByRole('button', { name: 'This wasn’t me' }).click();
    await page.getByText('maria@example.com is locked until Acme Bank').waitFor();
    expect(await calls(page)).not.toContain('deny');
    await page.keyboard.press('Enter');
    expect(await calls(page)).not.toContain('deny');
    await page.getByRole('button', { name: 'Stop and lock the account' }).click();
    await page.getByText('The sign-in is stopped.').waitFor();
  });

  it('that is put aside while the answer is on its way says how it ended', async () => {
    const page = await open('approval');
    await page.evaluate(() => window.countersignTest.hold());
    await page.keyboard.type(NUMBER);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sending' }).waitFor();
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.countersignTest.release());
    await page.getByRole('status').getByText(/^Approved/).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it.each([
    ['00', 'Your answer was not sent'],
    ['17', 'Ask for a new request'],
  ])('that is put aside tells how the number %s ended, until that is dismissed', async (number, told) => {
    const page = await open('approval');
    await page.evaluate(() => window.countersignTest.hold());
    await page.keyboard.type(number);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sending' }).waitFor();
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.countersignTest.release());
    await page.clock.runFor(5_000);
    await page.getByRole('status').getByText(told).waitFor();
    await page.clock.runFor(60_000);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText(told).waitFor({ state: 'detached' });
  });

  it('is put aside by Esc, still waits, and can be opened again', async () => {
    const page = await open('approval');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Still waiting under Approvals').waitFor();
    await page.getByRole('button', { name: 'Approvals 1 waiting' }).filter({ visible: true }).click();
    await page.getByRole('button', { name: /Acme Bank.*left/ }).click();
    await page.getByRole('dialog').waitFor();
  });

  it('comes one at a time, with how many there are', async () => {
    const page = await open('approvals');
    await page.getByText('1 of 3').waitFor();
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByText(/^Denied/).waitFor();
    await page.clock.runFor(3_000);
    await page.getByText('1 of 2').waitFor();
  });

  it('tells when it was answered elsewhere meanwhile', async () => {
    const page = await open('approval');
    await page.getByRole('dialog').waitFor();
    await page.evaluate(() =>
      window.countersignTest.change('approvals', (scene) => {
        const [request] = scene.approvals;
        if (request === undefined) return;
        scene.approvals = [];
        scene.history = [{ ...request, deviceName: '', outcome: 'answeredElsewhere' }, ...scene.history];
      }),
    );
    await page.getByText('This was answered on another device.').waitFor();
  });

  it('takes the window from a recovery code that is to be kept, and gives it back', async () => {
    const page = await open('recoveryPending');
    await page.getByRole('heading', { name: 'Is your recovery code kept?' }).waitFor();
    await ask(page);
    await page.getByRole('dialog', { name: 'Are you signing in?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show a new recovery code' }).click();
    await page.getByText('M4XE').waitFor();
    await ask(page, 'later');
    await page.getByRole('dialog', { name: 'Are you signing in?' }).waitFor();
    await page.keyboard.type(NUMBER);
    await page.keyboard.press('Enter');
    await page.getByText(/^Approved/).waitFor();
    await page.clock.runFor(3_000);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('M4XE').waitFor();
    expect(await calls(page)).not.toContain('confirm_recovery');
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('heading', { name: 'Codes' }).waitFor();
  });

  it('leaves a sheet that was open as it was', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+n');
    await page.getByLabel('Link').fill('otpauth://totp/half');
    await ask(page);
    await page.getByRole('dialog', { name: 'Are you signing in?' }).waitFor();
    await page.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', '42');
      window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    });
    await page.keyboard.press('Escape');
    expect(await calls(page)).not.toContain('recognise');
    expect(await page.getByLabel('Link').inputValue()).toBe('otpauth://totp/half');
  });
});
