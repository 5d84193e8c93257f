/** What lint may know beyond the modes: without it, the checks that need it are left out or are more lenient. */
export type CompileOptions = {
  /** Roles that get briefs: they need nobody to delegate to them. Left out: any role that nothing points to is reported. */
  readonly entries?: readonly string[];
  /** Roles staffed by a person: an escalation that reaches one has reached a person. */
  readonly people?: readonly string[];
  /** Models that `cadre.yaml` maps; left out: models are not checked. */
  readonly mappedModels?: readonly string[];
  /** Files that an error kept from being read: whose name is a route's target probably declares it. */
  readonly unread?: readonly string[];
};
