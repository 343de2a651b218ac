import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

import { outlines } from './build/outlines.ts';

export default defineConfig({
  test: {
    reporters: ['./tests/counts.ts', 'default'],
    projects: [
      {
        plugins: [svelte(), outlines()],
        test: { name: 'logic', environment: 'node', include: ['src/**/*.test.ts'] },
      },
      {
        test: {
          name: 'pages',
          environment: 'node',
          include: ['tests/pages/**/*.test.ts'],
          globalSetup: './tests/pages/site.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
