import Bell from '@lucide/svelte/icons/bell';
import KeyRound from '@lucide/svelte/icons/key-round';
import Users from '@lucide/svelte/icons/users';

import { words } from '../lib/words';

/** What the rail and the tabs lead to. */
export const pages = [
  { screen: 'codes', label: words.nav.codes, icon: KeyRound },
  { screen: 'approvals', label: words.nav.approvals, icon: Bell },
  { screen: 'accounts', label: words.nav.accounts, icon: Users },
] as const;
