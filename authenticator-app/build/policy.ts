/**
 * The content security policy that the desktop app sets (`src-tauri/tauri.conf.json`). The page tests run under it:
 * a style or script in a page that it forbids turns them red.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  'connect-src ipc: http://ipc.localhost',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
