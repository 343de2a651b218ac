import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { outlines } from './build/outlines.ts';
import { CONTENT_SECURITY_POLICY } from './build/policy.ts';

/** `--mode testing` puts an app core in memory behind the pages (`src/testing`); no other build contains it. */
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), outlines()],
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  preview: { headers: { 'content-security-policy': CONTENT_SECURITY_POLICY } },
  build: {
    target: ['chrome123', 'safari17.5'],
    outDir: mode === 'testing' ? '../target/app-pages/site' : 'dist',
    emptyOutDir: true,
    // Inlined files would be data: addresses, which the policy forbids for fonts.
    assetsInlineLimit: 0,
    // One small sheet, there before the first paint.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
}));
