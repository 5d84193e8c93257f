/** `cadre export`: a run as one HTML file, to attach to a pull request or to keep: it opens anywhere, offline, with no account. */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../clock.ts";
import { readConfig } from "../../config/config.ts";
import { CadreError } from "../../errors.ts";
import { openPlacer } from "../../layout/place.ts";
import { namedVariables } from "../../notices/tell.ts";
import { secretRemover } from "../../outside/secrets.ts";
import { openAssets } from "../../server/assets.ts";
import { exportPage } from "../../server/export-page.ts";
import { exportRun } from "../../server/export-run.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { flag, option, word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";
import { packageFolder, packageVersion } from "../package-files.ts";

/** Errors: run-unknown, usage (a file that is there), file-unreadable (the page was not built). */
export function exportFile(context: Context, input: Input): Promise<number> {
  const { output } = context;
  const assets = openAssets(`${packageFolder}dist/web`);
  return withCadre(
    context,
    async (cadre) => {
      const run = await findRun(cadre.store, word(input, 0));
      const file = resolve(option(input, "out") ?? `cadre-${run.id}.html`);
      if (existsSync(file) && !flag(input, "force"))
        throw new CadreError("usage", `${file} is there already`, {
          hint: "--force writes it again; --out names another",
        });
      const placer = openPlacer();
      try {
        const view = await exportRun({ cadre, placer, clock: systemClock, version: packageVersion() }, run);
        const withoutSecrets = secretRemover(namedVariables(readConfig(context.dir).config), process.env);
        const page = exportPage(view, { assets, withoutSecrets });
        writeFileSync(file, page);
        if (output.json)
          output.document({
            schema: "cadre.exported/1",
            run: run.id,
            file,
            bytes: Buffer.byteLength(page),
            verified: view.verified,
          });
        else output.line(visible(file));
        if (!view.verified.ok)
          output.complain(`the run's history is not whole; the page says so: ${context.command(`verify ${run.id}`)}`);
      } finally {
        await placer.close();
      }
      return 0;
    },
    { readOnly: true },
  );
}
