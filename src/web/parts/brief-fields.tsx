/** The fields of a new run: the brief, who gets it, and what it runs with. */
import { useDeferredValue, type ReactNode } from "react";
import type { ChoicesView, ModesView } from "../../views/control-room/project.ts";
import { useLoaded, useSource } from "../data/hooks.ts";
import { limitFault, limitFields, type Draft, type FieldFaults } from "../pages/brief-draft.ts";
import { Field, TextField } from "./field.tsx";
import { RuleQuote } from "./small.tsx";
import type { Names } from "./trace-list.tsx";
import { shown } from "./words.ts";

export type BriefFieldsProps = {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly faults: FieldFaults;
  readonly modes: ModesView | undefined;
  readonly choices: ChoicesView | undefined;
  readonly names: Names;
};

export function BriefFields(props: BriefFieldsProps): ReactNode {
  const { draft, change, faults } = props;
  const text = (name: keyof Draft & ("what" | "why" | "where" | "when" | "criteria" | "inputs")) => ({
    value: draft[name],
    onChange: (value: string) => change({ [name]: value }),
    fault: faults.get(name as "what"),
  });
  return (
    <>
      <TextField name="What" hint="the task, as you would give it to a person" rows={6} {...text("what")} />
      <TextField name="Why" hint="why it matters" rows={3} {...text("why")} />
      <div className="two">
        <TextField name="Where" hint="where it applies" rows={3} {...text("where")} />
        <TextField name="When" hint="when it is needed" rows={3} {...text("when")} />
      </div>
      <TextField name="Acceptance criteria" hint="one a line" rows={3} {...text("criteria")} />
      <TextField name="Inputs" hint="files of the project, one a line" rows={2} {...text("inputs")} />
      <FirstRole {...props} />
      <RunsWith {...props} />
      <LimitFields {...props} />
    </>
  );
}

function FirstRole({ draft, change, faults, modes, names }: BriefFieldsProps): ReactNode {
  const entry = modes?.chart.entry;
  return (
    <>
      <Field name="First role" fault={faults.get("to")}>
        {(told) => (
          <select {...told} value={draft.to} onChange={(event) => change({ to: event.target.value })}>
            <option value="">as the workflow says{entry && draft.workflow === "" ? `: ${names(entry)}` : ""}</option>
            {modes?.chart.roles.map(({ slug }) => (
              <option key={slug} value={slug}>
                {names(slug)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Suggested draft={draft} change={change} names={names} />
    </>
  );
}

/** Who would take it, and the rule that says so. */
function Suggested({ draft, change, names }: Pick<BriefFieldsProps, "draft" | "change" | "names">): ReactNode {
  const source = useSource();
  const asked = useDeferredValue(draft.what.trim());
  const { value } = useLoaded(`who ${asked}`, () => (asked.length < 8 ? Promise.resolve([]) : source.who(asked)));
  const [best] = (value ?? []).filter(({ role }) => role !== "user");
  if (best === undefined) return null;
  return (
    <div className="suggested">
      <p>
        By its words this is for <strong>{names(best.role)}</strong>{" "}
        <span className="muted">(fit {best.score.toFixed(2)})</span>
        {draft.to === best.role ? null : (
          <button type="button" className="link" onClick={() => change({ to: best.role })}>
            begin there
          </button>
        )}
      </p>
      <RuleQuote rule={best} kind={best.kind} />
    </div>
  );
}

function RunsWith({ draft, change, faults, choices, modes }: BriefFieldsProps): ReactNode {
  return (
    <>
      <div className="two">
        <Field name="Workflow" hint="people, approvals, limits" fault={faults.get("workflow")}>
          {(told) => (
            <select {...told} value={draft.workflow} onChange={(event) => change({ workflow: event.target.value })}>
              <option value="">the project&apos;s own{modes?.workflow ? `: ${shown(modes.workflow)}` : ""}</option>
              {choices?.workflows.map((name) => (
                <option key={name} value={name}>
                  {shown(name)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field name="Model" hint="a name from cadre.yaml, hf:…, or an address" fault={faults.get("model")}>
          {(told) => (
            <>
              <input
                {...told}
                list="model-names"
                placeholder="as cadre.yaml says"
                value={draft.model}
                onChange={(event) => change({ model: event.target.value })}
              />
              <datalist id="model-names">
                {choices?.models.map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      </div>
      <label className="tick">
        <input
          type="checkbox"
          checked={draft.includeDirty}
          onChange={(event) => change({ includeDirty: event.target.checked })}
        />
        <span>take uncommitted changes into the run&apos;s workspace</span>
      </label>
    </>
  );
}

function LimitFields({ draft, change, faults }: BriefFieldsProps): ReactNode {
  return (
    <fieldset className="limit-fields">
      <legend>
        Limits <em>of the whole run; reaching one asks you. Left empty: as the workflow says.</em>
      </legend>
      {limitFields.map(([name, words, hint]) => {
        const value = draft.limits[name] ?? "";
        return (
          <Field key={name} name={words} hint={hint} fault={limitFault(name, value) ?? faults.get(`limits.${name}`)}>
            {(told) => (
              <input
                {...told}
                inputMode={name === "money" ? "text" : "numeric"}
                value={value}
                onChange={(event) => change({ limits: { ...draft.limits, [name]: event.target.value } })}
              />
            )}
          </Field>
        );
      })}
    </fieldset>
  );
}
