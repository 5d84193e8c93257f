/**
 * A run as one HTML file: the same page, its script and style inside, and the run as data. It opens from a disk, asks nobody for anything
 * and cannot: its own policy allows the script that it holds, by hash, and nothing else.
 *
 * X1. Data stands in an element that no browser runs; nothing in it can end that element.
 * X2. Values of secrets that this project names are taken out once more, whatever they got into (R8).
 */
import { createHash } from "node:crypto";
import type { ExportView } from "../views/control-room/export.ts";
import type { Assets } from "./assets.ts";

export type ExportOptions = {
  readonly assets: Assets;
  /** X2. */
  readonly withoutSecrets: (text: string) => string;
};

export function exportPage(given: ExportView, { assets, withoutSecrets }: ExportOptions): string {
  const view = JSON.parse(withoutSecrets(JSON.stringify(given))) as ExportView; // X2
  const text = (name: string): string => Buffer.from(assets.read(name)).toString("utf8");
  const script = text(assets.manifest.script).trim().replaceAll("</script", "<\\/script");
  const style = text(assets.manifest.style).trim().replaceAll("</style", "<\\/style");
  const data = JSON.stringify(view).replaceAll("<", "\\u003c"); // X1
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="cadre">
<title>${escaped(view.run.title)} · ${escaped(view.run.id)}</title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This is a run of cadre as one file. Its page needs JavaScript; the data below is JSON.</noscript>
<script type="application/json" id="cadre-export">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
