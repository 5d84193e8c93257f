/** Whom cadre.yaml lets approve, as `Cadre.decide` asks it: where it cannot be read, nobody is let through. */
import { mkdirSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadBrief } from "../../src/briefs/load-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { AskRow } from "../../src/store/rows.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

test("R4 a cadre.yaml that cannot be read lets nobody approve: it may say who does", async () => {
  const folder = shippedProject();
  const file = join(folder.dir, "cadre.yaml");
  writeFileSync(file, "approvers: [quan]\n");
  const cadre = openCadre({ dir: folder.dir });
  const face = "test";
  try {
    const brief = await loadBrief(join(folder.dir, "briefs/vietnamese-reviews.md"), "briefs/vietnamese-reviews.md");
    const { id } = await cadre.start(brief, { by: "linh" });
    const [question] = (await cadre.advance(id)).asks;
    await cadre.decide((question as AskRow).id, { verb: "answer", text: "1", by: "mai", face });
    const [signOff] = (await cadre.advance(id)).asks as [AskRow];
    const approve = (by: string): Promise<AskRow> => cadre.decide(signOff.id, { verb: "approve", by, face });
    await expect(approve("mai")).rejects.toMatchObject({ code: "not-approver" });
    renameSync(file, `${file}.kept`);
    mkdirSync(file);
    await expect(approve("mai")).rejects.toMatchObject({ code: "config-invalid" });
    rmdirSync(file);
    renameSync(`${file}.kept`, file);
    expect(await cadre.store.ask(signOff.id)).toMatchObject({ kind: "sign_off", state: "open" });
    expect((await approve("quan")).state).toBe("decided");
  } finally {
    cadre.close();
    folder.remove();
  }
});
