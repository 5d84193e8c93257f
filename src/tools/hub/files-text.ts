/** The files of an entry, as an answer tells of them, how many and how large first: weights that can be loaded, weights that cannot and why, what the Hub's scan says. */
import type { HubFile } from "../../models/hub/facts.ts";
import type { Entry, Hub } from "../../models/hub/hub.ts";
import { refusedWeights, weightFormat } from "../../models/hub/weights.ts";
import { oneLine } from "../screen/untrusted.ts";

const mostShown = 12;
/** Hashes and scans are asked for so many at a time. */
const mostAsked = 100;

export async function filesOf(hub: Hub, entry: Entry, id: string, commit: string): Promise<string[]> {
  const { files, more } = await hub.files(entry, id, commit);
  const telling = ({ path }: HubFile): boolean =>
    weightFormat(path) !== null || refusedWeights(path) !== null || path.endsWith(".py");
  const interesting = entry === "model" ? files.filter(telling) : files.slice(0, mostShown);
  const known = await hub.fileFacts(
    entry,
    id,
    commit,
    interesting.slice(0, mostAsked).map(({ path }) => path),
  );
  const facts = new Map(known.map((file) => [file.path, file]));
  const withFacts = interesting.map((file) => ({ ...file, ...facts.get(file.path) }));
  const weights = withFacts.filter(({ path }) => weightFormat(path) !== null);
  const refused = withFacts.flatMap((file) => {
    const reason = refusedWeights(file.path);
    return reason === null ? [] : [{ file, reason }];
  });
  const code = withFacts.filter(({ path }) => path.endsWith(".py"));
  return [
    `${more ? "more than " : ""}${files.length === 1 ? "1 file" : `${files.length} files`}, ${bytesText(files.reduce((sum, { size }) => sum + size, 0))}`,
    ...(entry === "dataset" ? withFacts.map(fileLine) : weights.slice(0, mostShown).map(fileLine)),
    ...(weights.length > mostShown ? [`  and ${weights.length - mostShown} more files of weights`] : []),
    ...(entry === "model" && weights.length === 0
      ? ["  no safetensors or GGUF weights: nothing of it can be loaded here"]
      : []),
    ...refused.slice(0, 5).map(({ file, reason }) => `  not loaded: ${oneLine(file.path)}, ${reason}`),
    ...(refused.length > 5 ? [`  and ${refused.length - 5} more that are not loaded`] : []),
    ...(code.length > 0
      ? [
          `  it brings code (${code
            .slice(0, 3)
            .map(({ path }) => oneLine(path))
            .join(", ")}), which is not run without a person's approval`,
        ]
      : []),
  ];
}

function fileLine({ path, size, sha256, security }: HubFile): string {
  const hash = sha256 === null ? "" : `, sha256 ${sha256}`;
  const scan = security === null ? "" : `, scan: ${oneLine(security, 40)}`;
  return `  ${oneLine(path)}, ${bytesText(size)}${hash}${scan}`;
}

export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1e3 ? `${(bytes / 1e3).toFixed(1)} KB` : `${bytes} bytes`;
}
