import { build, preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    site: string;
  }
}

/** Builds the pages with the app in memory, and serves them under the policy of the real app. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await build({ mode: 'testing', logLevel: 'warn' });
  const server = await preview({ mode: 'testing', logLevel: 'warn', preview: { port: 0, host: 'localhost' } });
  project.provide('site', server.resolvedUrls?.local[0] ?? '');
  return () => server.close();
}
