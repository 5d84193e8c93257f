import type { modelInfo } from "@huggingface/hub";
import { describe, expect, test } from "vitest";
import { judgeLicence, licencePolicy, reviewLicences, type LicencePart } from "../../src/org/licence-policy.ts";
import { findLicence, licenceOf, licences } from "../../src/org/licences.ts";
import { workflowSchema } from "../../src/org/workflow.ts";

type Card = NonNullable<Awaited<ReturnType<typeof modelInfo<"cardData">>>["cardData"]>;
type License = Exclude<NonNullable<Card["license"]>, unknown[]>;

const policy = licencePolicy({});
const word = (id: string, use: "commercial" | "internal" | "research" = "commercial"): string =>
  judgeLicence({ ...policy, use }, id).word;

describe("the table of licences", () => {
  test("holds the 75 ids of the Hub, 48 with an SPDX id and 27 with a reference", () => {
    expect(licences).toHaveLength(75);
    expect(new Set(licences.map(({ id }) => id)).size).toBe(75);
    expect(licences.filter(({ spdx }) => spdx !== null)).toHaveLength(48);
    for (const { id, spdx, ref } of licences) {
      // SPDX ids are the Hub's in their own case; nothing is renamed, so nothing is guessed.
      if (spdx !== null) expect(spdx.toLowerCase()).toBe(id);
      else expect(ref).toMatch(/^LicenseRef-HF-[A-Za-z0-9.-]+$/);
    }
  });

  test("knows every id that the Hub's library knows", () => {
    // An id that the library's type has and this list lacks, or the other way round, does not compile.
    const known = {
      "apache-2.0": true,
      mit: true,
      openrail: true,
      "bigscience-openrail-m": true,
      "creativeml-openrail-m": true,
      "bigscience-bloom-rail-1.0": true,
      "bigcode-openrail-m": true,
      "afl-3.0": true,
      "artistic-2.0": true,
      "bsl-1.0": true,
      bsd: true,
      "bsd-2-clause": true,
      "bsd-3-clause": true,
      "bsd-3-clause-clear": true,
      "c-uda": true,
      cc: true,
      "cc0-1.0": true,
      "cc-by-2.0": true,
      "cc-by-2.5": true,
      "cc-by-3.0": true,
      "cc-by-4.0": true,
      "cc-by-sa-3.0": true,
      "cc-by-sa-4.0": true,
      "cc-by-nc-2.0": true,
      "cc-by-nc-3.0": true,
      "cc-by-nc-4.0": true,
      "cc-by-nd-4.0": true,
      "cc-by-nc-nd-3.0": true,
      "cc-by-nc-nd-4.0": true,
      "cc-by-nc-sa-2.0": true,
      "cc-by-nc-sa-3.0": true,
      "cc-by-nc-sa-4.0": true,
      "cdla-sharing-1.0": true,
      "cdla-permissive-1.0": true,
      "cdla-permissive-2.0": true,
      wtfpl: true,
      "ecl-2.0": true,
      "epl-1.0": true,
      "epl-2.0": true,
      "etalab-2.0": true,
      "eupl-1.1": true,
      "agpl-3.0": true,
      gfdl: true,
      gpl: true,
      "gpl-2.0": true,
      "gpl-3.0": true,
      lgpl: true,
      "lgpl-2.1": true,
      "lgpl-3.0": true,
      isc: true,
      "lppl-1.3c": true,
      "ms-pl": true,
      "mpl-2.0": true,
      "odc-by": true,
      odbl: true,
      "openrail++": true,
      "osl-3.0": true,
      postgresql: true,
      "ofl-1.1": true,
      ncsa: true,
      unlicense: true,
      zlib: true,
      pddl: true,
      "lgpl-lr": true,
      "deepfloyd-if-license": true,
      llama2: true,
      llama3: true,
      "llama3.1": true,
      "llama3.2": true,
      "llama3.3": true,
      gemma: true,
      "apple-ascl": true,
      "apple-amlr": true,
      unknown: true,
      other: true,
    } satisfies Readonly<Record<License, true>>;
    expect(Object.keys(known).toSorted()).toEqual(licences.map(({ id }) => id).toSorted());
  });

  test.each(["gpl", "lgpl", "cc", "bsd", "gfdl", "odc-by", "odbl", "openrail"])(
    "a family is no licence: %s gets no SPDX id",
    (id) => {
      expect(licenceOf(id)).toMatchObject({ spdx: null, ref: `LicenseRef-HF-${id}` });
    },
  );

  test("nothing is known of what it does not hold", () => {
    expect(licenceOf("my-own licence/2")).toMatchObject({
      spdx: null,
      ref: "LicenseRef-HF-my-own-licence-2",
      commercial: "unknown",
      kind: "unclear",
    });
    expect(findLicence("my-own")).toBeNull();
    expect(findLicence("__proto__")).toBeNull();
    expect(findLicence("licenseref-hf-gemma")?.id).toBe("gemma");
  });
});

describe("what follows for a use", () => {
  test.each([
    ["apache-2.0", "allow", "allow", "allow"],
    ["cc-by-4.0", "allow", "allow", "allow"],
    ["cc0-1.0", "allow", "allow", "allow"],
    ["mpl-2.0", "allow", "allow", "allow"],
    ["bsd", "allow", "allow", "allow"],
    ["cc-by-sa-4.0", "ask", "allow", "allow"],
    ["agpl-3.0", "ask", "allow", "allow"],
    ["gpl", "ask", "allow", "allow"],
    ["cc-by-nc-4.0", "ask", "ask", "allow"],
    ["cc-by-nc-sa-4.0", "ask", "ask", "allow"],
    ["creativeml-openrail-m", "ask", "ask", "allow"],
    ["llama3.1", "ask", "ask", "allow"],
    ["gemma", "ask", "ask", "allow"],
    ["apple-amlr", "ask", "ask", "allow"],
    ["deepfloyd-if-license", "ask", "ask", "allow"],
    ["cc", "ask", "ask", "ask"],
    ["other", "ask", "ask", "ask"],
    ["unknown", "ask", "ask", "ask"],
    ["something-new", "ask", "ask", "ask"],
  ])("%s: commercial %s, internal %s, research %s", (id, commercial, internal, research) => {
    expect([word(id), word(id, "internal"), word(id, "research")]).toEqual([commercial, internal, research]);
  });

  test("the workflow's lists go first, deny before ask before allow; SPDX ids and references name the same", () => {
    const own = {
      ...policy,
      allow: ["LicenseRef-HF-gemma", "MIT", "Apache-2.0"],
      ask: ["mit"],
      deny: ["GPL-3.0", "apache-2.0"],
    };
    expect(judgeLicence(own, "gemma").word).toBe("allow");
    expect(judgeLicence(own, "mit").word).toBe("ask");
    expect(judgeLicence(own, "apache-2.0").word).toBe("deny");
    expect(judgeLicence(own, "gpl-3.0")).toMatchObject({ word: "deny", why: expect.stringContaining("licences.deny") });
  });

  test("a workflow says only what it changes", () => {
    expect(licencePolicy(workflowSchema.parse({ name: "w", entry: "a", licences: { use: "research" } }))).toEqual({
      use: "research",
      allow: [],
      ask: [],
      deny: [],
    });
  });
});

describe("a model inherits", () => {
  const part = (
    what: LicencePart["what"],
    id: string,
    ids: readonly string[],
    of: string | null = null,
  ): LicencePart => ({
    what,
    id,
    commit: "c".repeat(40),
    licences: ids,
    unread: null,
    of,
  });
  const review = (...parts: LicencePart[]) => reviewLicences(policy, parts, false);

  test("all parts are free: allowed", () => {
    const parts = [
      part("model", "a/m", ["apache-2.0"]),
      part("base model", "b/m", ["mit"], "a/m"),
      part("data set", "d", ["cc-by-4.0"], "a/m"),
    ];
    expect(review(...parts)).toEqual({ word: "allow", reasons: [] });
  });

  test.each<[string, string, RegExp]>([
    [
      "cc-by-nc-4.0",
      "apache-2.0",
      /says Apache-2\.0, but its base b\/m is under CC-BY-NC-4\.0, which forbids commercial use/,
    ],
    ["gpl-3.0", "mit", /has to go on with whatever is derived/],
    ["cc-by-nd-4.0", "cc-by-4.0", /permits no changed versions/],
    ["llama3.1", "apache-2.0", /restrictions that go on/],
  ])("a base under %s that is given away under %s is a conflict", (base, derived, expected) => {
    const { word: verdict, reasons } = review(
      part("model", "a/m", [derived]),
      part("base model", "b/m", [base], "a/m"),
    );
    expect(verdict).toBe("ask");
    expect(reasons.join("\n")).toMatch(expected);
  });

  test("the same licence on both is none", () => {
    const internal = { ...policy, use: "internal" as const };
    const parts = [part("model", "a/m", ["gpl-3.0"]), part("base model", "b/m", ["gpl-3.0"], "a/m")];
    expect(reviewLicences(internal, parts, false)).toEqual({ word: "allow", reasons: [] });
  });

  test.each<[string, LicencePart[], boolean, RegExp]>([
    ["no licence", [part("model", "a/m", [])], false, /names no licence/],
    ["two licences", [part("model", "a/m", ["mit", "apache-2.0"])], false, /2 licences/],
    [
      "a data set for research only",
      [part("model", "a/m", ["mit"]), part("data set", "d/s", ["apple-amlr"], "a/m")],
      false,
      /data set d\/s/,
    ],
    [
      "a base that cannot be read",
      [part("model", "a/m", ["mit"]), { ...part("base model", "b/m", []), unread: "it is not on the Hub" }],
      false,
      /not known \(it is not on the Hub\)/,
    ],
    ["more than was looked at", [part("model", "a/m", ["mit"])], true, /more base models/],
  ])("%s is a question to a person", (_what, parts, more, expected) => {
    const { word: verdict, reasons } = reviewLicences(policy, parts, more);
    expect(verdict).toBe("ask");
    expect(reasons.join("\n")).toMatch(expected);
  });

  test("denied anywhere is denied", () => {
    const strict = { ...policy, deny: ["gpl-3.0"] };
    const parts = [part("model", "a/m", ["mit"]), part("base model", "b/m", ["gpl-3.0"], "a/m")];
    expect(reviewLicences(strict, parts, false).word).toBe("deny");
  });
});
