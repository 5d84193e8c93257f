/** What is wrong with the files, each finding with its lines and its mend. */
import type { ReactNode } from "react";
import type { ProblemView } from "../../views/control-room/project.ts";
import { Command, Empty, FilePlace } from "./small.tsx";
import { shown } from "./words.ts";

export function Problems({ problems }: { readonly problems: readonly ProblemView[] }): ReactNode {
  if (problems.length === 0)
    return (
      <Empty title="Nothing to complain about">
        <p>Modes, rules, workflows, briefs and cadre.yaml say what they should.</p>
        <Command rest="lint" />
      </Empty>
    );
  return (
    <div className="table-page">
      <ul className="problems">
        {problems.map((problem, at) => (
          <li key={at} className={`problem problem-${problem.severity}`}>
            <header>
              <span className={`verdict verdict-${problem.severity}`}>{problem.severity}</span>{" "}
              <strong>{shown(problem.message)}</strong>
            </header>
            <p>
              <FilePlace file={problem.file} line={problem.line} /> <code className="muted">{problem.code}</code>
            </p>
            {problem.frame.length === 0 ? null : <pre tabIndex={0}>{problem.frame.join("\n")}</pre>}
            {problem.hint === null ? null : <p className="hint">→ {shown(problem.hint)}</p>}
          </li>
        ))}
      </ul>
      <Command rest="lint" />
    </div>
  );
}
