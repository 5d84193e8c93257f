/** One field of a form, with its hint and what is wrong with it. */
import { useId, type ReactNode } from "react";
import { shown } from "./words.ts";

export type FieldProps = {
  readonly name: string;
  readonly hint?: string;
  readonly fault?: string | undefined;
};

/** `children` gets what ties the control to its fault. */
export function Field({
  name,
  hint = "",
  fault,
  children,
}: FieldProps & {
  readonly children: (told: { readonly "aria-invalid"?: true; readonly "aria-describedby"?: string }) => ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <div className={fault === undefined ? "field" : "field field-wrong"}>
      <label>
        <span>
          {name} {hint === "" ? null : <em>{hint}</em>}
        </span>
        {children(fault === undefined ? {} : { "aria-invalid": true, "aria-describedby": id })}
      </label>
      {fault === undefined ? null : (
        <p className="fault" id={id} role="alert">
          {shown(fault)}
        </p>
      )}
    </div>
  );
}

export function TextField({
  rows,
  value,
  onChange,
  ...own
}: FieldProps & {
  readonly rows: number;
  readonly value: string;
  readonly onChange: (text: string) => void;
}): ReactNode {
  return (
    <Field {...own}>
      {(told) => <textarea {...told} rows={rows} value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}
