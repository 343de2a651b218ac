import { mount } from 'svelte';

import App from './App.svelte';
import './app.css';
import { language } from './lib/words';

if (import.meta.env.MODE === 'testing') {
  const { installMock } = await import('./testing/mock');
  installMock();
}

document.documentElement.lang = language;
const target = document.getElementById('app');
if (target !== null) mount(App, { target });
