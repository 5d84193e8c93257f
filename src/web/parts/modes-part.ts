/** What every part of the modes page is given. */
import type { CoverageView, ModesView } from "../../views/control-room/project.ts";

export type ModesPartProps = {
  readonly modes: ModesView;
  readonly coverage: CoverageView | undefined;
  readonly selected: string | null;
  readonly onSelect: (role: string | null) => void;
};

/** As the coverage and the pictures name a route. */
export function routeId({
  kind,
  from,
  to,
}: {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
}): string {
  return `${kind} ${from} ${to}`;
}
