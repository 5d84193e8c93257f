/**
 * The licence ids that cards on the Hub use, each with its SPDX id where the list of SPDX has exactly that licence, and what it asks.
 *
 * I1. Nothing is guessed: a family (`gpl`, `cc`, `bsd`), a licence that SPDX does not list and one whose version the id leaves open get a
 *     `LicenseRef-`. `gpl-3.0` stays what it says; whether "or later" goes for it, the id does not tell.
 * I2. The properties are a reading aid for a policy and for whoever decides, in the runtime's own words. They are no legal advice and
 *     no summary of the text.
 * I3. An id that is not in the table is `unknown`, and so is what a property does not say.
 */

export type Licence = {
  /** As the Hub spells it. */
  readonly id: string;
  /** SPDX id; null where SPDX lists no such licence. */
  readonly spdx: string | null;
  /** `spdx`, or a `LicenseRef-` that stands for the Hub's id. */
  readonly ref: string;
  readonly kind: LicenceKind;
  /** `conditions`: yes, under conditions beyond naming the author and passing the text on. */
  readonly commercial: "yes" | "no" | "conditions" | "unknown";
  /** What is derived must carry the same licence: all of it, or the changed files. */
  readonly shareAlike: "no" | "files" | "work" | "unknown";
  readonly attribution: boolean;
  /** False: changed versions, a fine-tuned model among them, may not be passed on. */
  readonly derivatives: boolean;
  readonly researchOnly: boolean;
  /** A list of uses that are forbidden, to be passed on to whoever uses it. */
  readonly restrictedUse: boolean;
};

export type LicenceKind =
  | "public domain"
  | "permissive"
  | "weak copyleft"
  | "copyleft"
  | "share-alike"
  | "no derivatives"
  | "non-commercial"
  | "responsible use"
  | "community"
  | "research"
  | "unclear";

type Properties = Omit<Licence, "id" | "spdx" | "ref" | "kind">;

const open: Properties = {
  commercial: "yes",
  shareAlike: "no",
  attribution: true,
  derivatives: true,
  researchOnly: false,
  restrictedUse: false,
};

const byKind: Readonly<Record<LicenceKind, Properties>> = {
  "public domain": { ...open, attribution: false },
  permissive: open,
  "weak copyleft": { ...open, shareAlike: "files" },
  copyleft: { ...open, shareAlike: "work" },
  "share-alike": { ...open, shareAlike: "work" },
  "no derivatives": { ...open, derivatives: false },
  "non-commercial": { ...open, commercial: "no" },
  "responsible use": { ...open, commercial: "conditions", restrictedUse: true },
  community: { ...open, commercial: "conditions", restrictedUse: true },
  research: { ...open, commercial: "no", researchOnly: true, restrictedUse: true },
  unclear: { ...open, commercial: "unknown", shareAlike: "unknown" },
};

type Row = readonly [id: string, spdx: string | null, kind: LicenceKind, more?: Partial<Properties>];

const rows: readonly Row[] = [
  ["apache-2.0", "Apache-2.0", "permissive"],
  ["mit", "MIT", "permissive"],
  ["openrail", null, "responsible use"],
  ["bigscience-openrail-m", null, "responsible use"],
  ["creativeml-openrail-m", null, "responsible use"],
  ["bigscience-bloom-rail-1.0", null, "responsible use"],
  ["bigcode-openrail-m", null, "responsible use"],
  ["afl-3.0", "AFL-3.0", "permissive"],
  ["artistic-2.0", "Artistic-2.0", "weak copyleft"],
  ["bsl-1.0", "BSL-1.0", "permissive"],
  ["bsd", null, "permissive"],
  ["bsd-2-clause", "BSD-2-Clause", "permissive"],
  ["bsd-3-clause", "BSD-3-Clause", "permissive"],
  ["bsd-3-clause-clear", "BSD-3-Clause-Clear", "permissive"],
  ["c-uda", null, "unclear", { commercial: "conditions" }],
  ["cc", null, "unclear"],
  ["cc0-1.0", "CC0-1.0", "public domain"],
  ["cc-by-2.0", "CC-BY-2.0", "permissive"],
  ["cc-by-2.5", "CC-BY-2.5", "permissive"],
  ["cc-by-3.0", "CC-BY-3.0", "permissive"],
  ["cc-by-4.0", "CC-BY-4.0", "permissive"],
  ["cc-by-sa-3.0", "CC-BY-SA-3.0", "share-alike"],
  ["cc-by-sa-4.0", "CC-BY-SA-4.0", "share-alike"],
  ["cc-by-nc-2.0", "CC-BY-NC-2.0", "non-commercial"],
  ["cc-by-nc-3.0", "CC-BY-NC-3.0", "non-commercial"],
  ["cc-by-nc-4.0", "CC-BY-NC-4.0", "non-commercial"],
  ["cc-by-nd-4.0", "CC-BY-ND-4.0", "no derivatives"],
  ["cc-by-nc-nd-3.0", "CC-BY-NC-ND-3.0", "non-commercial", { derivatives: false }],
  ["cc-by-nc-nd-4.0", "CC-BY-NC-ND-4.0", "non-commercial", { derivatives: false }],
  ["cc-by-nc-sa-2.0", "CC-BY-NC-SA-2.0", "non-commercial", { shareAlike: "work" }],
  ["cc-by-nc-sa-3.0", "CC-BY-NC-SA-3.0", "non-commercial", { shareAlike: "work" }],
  ["cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0", "non-commercial", { shareAlike: "work" }],
  ["cdla-sharing-1.0", "CDLA-Sharing-1.0", "share-alike"],
  ["cdla-permissive-1.0", "CDLA-Permissive-1.0", "permissive"],
  ["cdla-permissive-2.0", "CDLA-Permissive-2.0", "permissive"],
  ["wtfpl", "WTFPL", "public domain"],
  ["ecl-2.0", "ECL-2.0", "permissive"],
  ["epl-1.0", "EPL-1.0", "weak copyleft"],
  ["epl-2.0", "EPL-2.0", "weak copyleft"],
  ["etalab-2.0", "etalab-2.0", "permissive"],
  ["eupl-1.1", "EUPL-1.1", "copyleft"],
  ["agpl-3.0", "AGPL-3.0", "copyleft"],
  ["gfdl", null, "copyleft"],
  ["gpl", null, "copyleft"],
  ["gpl-2.0", "GPL-2.0", "copyleft"],
  ["gpl-3.0", "GPL-3.0", "copyleft"],
  ["lgpl", null, "weak copyleft"],
  ["lgpl-2.1", "LGPL-2.1", "weak copyleft"],
  ["lgpl-3.0", "LGPL-3.0", "weak copyleft"],
  ["isc", "ISC", "permissive"],
  ["lppl-1.3c", "LPPL-1.3c", "weak copyleft"],
  ["ms-pl", "MS-PL", "weak copyleft"],
  ["mpl-2.0", "MPL-2.0", "weak copyleft"],
  ["odc-by", null, "permissive"],
  ["odbl", null, "share-alike"],
  ["openrail++", null, "responsible use"],
  ["osl-3.0", "OSL-3.0", "copyleft"],
  ["postgresql", "PostgreSQL", "permissive"],
  ["ofl-1.1", "OFL-1.1", "weak copyleft"],
  ["ncsa", "NCSA", "permissive"],
  ["unlicense", "Unlicense", "public domain"],
  ["zlib", "Zlib", "permissive"],
  ["pddl", null, "public domain"],
  ["lgpl-lr", null, "weak copyleft"],
  ["deepfloyd-if-license", null, "research"],
  ["llama2", null, "community"],
  ["llama3", null, "community"],
  ["llama3.1", null, "community"],
  ["llama3.2", null, "community"],
  ["llama3.3", null, "community"],
  ["gemma", null, "community"],
  ["apple-ascl", null, "unclear", { commercial: "conditions", shareAlike: "no" }],
  ["apple-amlr", null, "research"],
  ["unknown", null, "unclear"],
  ["other", null, "unclear"],
];

const table: ReadonlyMap<string, Licence> = new Map(
  rows.map(([id, spdx, kind, more]) => [id, { id, spdx, ref: spdx ?? refOf(id), kind, ...byKind[kind], ...more }]),
);

export const licences: readonly Licence[] = [...table.values()];

/** By the Hub's id, in any case; I3. */
export function licenceOf(id: string): Licence {
  const known = table.get(id.toLowerCase());
  return known ?? { id, spdx: null, ref: refOf(id), kind: "unclear", ...byKind.unclear };
}

/** By the Hub's id or by `ref`; null where the table holds neither. */
export function findLicence(name: string): Licence | null {
  const wanted = name.toLowerCase();
  return table.get(wanted) ?? licences.find((each) => each.ref.toLowerCase() === wanted) ?? null;
}

/** SPDX lets letters, digits, dots and dashes stand in a reference. */
function refOf(id: string): string {
  const plain = id
    .replaceAll("+", "-plus")
    .replace(/[^A-Za-z0-9.-]/g, "-")
    .slice(0, 100);
  return `LicenseRef-HF-${plain}`;
}

/** What it asks, in a few words; I2. */
export function licenceWords(licence: Licence): string {
  const words = [
    licence.commercial === "yes"
      ? null
      : {
          no: "no commercial use",
          conditions: "commercial use under conditions",
          unknown: "what it permits is not known",
        }[licence.commercial],
    licence.researchOnly ? "research only" : null,
    licence.derivatives ? null : "no changed versions",
    licence.shareAlike === "work"
      ? "what is derived stays under it"
      : licence.shareAlike === "files"
        ? "changed files stay under it"
        : null,
    licence.restrictedUse ? "a list of forbidden uses goes with it" : null,
    licence.attribution && licence.kind !== "unclear" ? "names its authors" : null,
  ];
  return [licence.kind, ...words.filter((word) => word !== null)].join(", ");
}
