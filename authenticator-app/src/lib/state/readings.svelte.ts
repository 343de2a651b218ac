/** Everything the pages show. */
import type { Approval } from '../ipc';
import { Reading } from './reading.svelte';

export const status = new Reading('status', ['lock', 'settings', 'connection', 'approvals', 'link']);
export const ways = new Reading('ways', ['lock']);
export const codes = new Reading('codes', ['codes', 'lock', 'settings']);
export const trash = new Reading('trash', ['codes', 'lock']);
export const approvals = new Reading('approvals', ['approvals', 'lock']);
export const history = new Reading('history', ['approvals']);
export const accounts = new Reading('accounts', ['accounts', 'connection']);

/** By how much the clock of a request's server is ahead of this device's; both run at the same pace. */
export const ahead = (request: Approval): number => request.now - approvals.receivedAt;
