/** The page itself: a shell without data, and the headers that keep it from loading or running anything of somebody else's. */
import type { WebManifest } from "./assets.ts";

/**
 * Nothing but what this server sends runs, is drawn or is asked: whatever gets into a page as text stays text. Styles that scripts set
 * are no inline styles.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": policy,
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
};

export function shell(manifest: WebManifest, base: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="cadre-base" content="${base}">
<meta name="cadre-worker" content="${base}/assets/${manifest.worker}">
<title>cadre</title>
<link rel="icon" href="${base}/assets/${manifest.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${base}/assets/${manifest.style}">
<script type="module" src="${base}/assets/${manifest.script}"></script>
</head>
<body><div id="app"></div><noscript>The control room needs JavaScript. Everything it shows is on the command line too: npx cadre --help</noscript></body>
</html>
`;
}
