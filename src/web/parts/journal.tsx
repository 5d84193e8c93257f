/** The pages that the run writes for people, as they would be read on a Git host. */
import { useState, type ReactNode } from "react";
import { useLoaded, useSource } from "../data/hooks.ts";
import { Markdown } from "./markdown.tsx";
import { Command, Waiting } from "./small.tsx";
import { shown } from "./words.ts";

export function Journal({ run, mark }: { readonly run: string; readonly mark: string }): ReactNode {
  const source = useSource();
  const { value, error, reload } = useLoaded(`journal ${run} ${mark}`, () => source.journal(run));
  const [path, setPath] = useState("README.md");
  if (!value) return <Waiting error={error} what="the journal" reload={reload} />;
  const page = value.pages.find((each) => each.path === path) ?? value.pages[0];
  return (
    <div className="journal">
      <label className="field">
        <span>Page</span>
        <select value={page?.path ?? ""} onChange={(event) => setPath(event.target.value)}>
          {value.pages.map((each) => (
            <option key={each.path} value={each.path}>
              {shown(each.path)}
            </option>
          ))}
        </select>
      </label>
      {page === undefined ? <p className="muted">It has no page yet.</p> : <Markdown text={withoutFront(page.text)} />}
      <Command rest={`journal ${run}`} />
    </div>
  );
}

/** Front matter and comments are for programs. */
function withoutFront(text: string): string {
  return text.replace(/^---\n[\s\S]*?\n---\n/, "").replace(/<!--[\s\S]*?-->/g, "");
}
