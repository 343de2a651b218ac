import tauri from '../src-tauri/tauri.conf.json' with { type: 'json' };

/**
 * The content security policy that the desktop app sets. The page tests run under it: a style or script in a page that
 * it forbids turns them red.
 */
export const CONTENT_SECURITY_POLICY = tauri.app.security.csp;
