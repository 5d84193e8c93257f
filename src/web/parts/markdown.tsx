/**
 * Text that a model wrote, as far as Markdown goes, and inert.
 *
 * M1. It is read into tokens, and each token that is allowed becomes an element of ours; everything else is shown as the text that it is.
 *     No HTML of the text is ever parsed, so there is no script, no style, no form and no frame in it.
 * M2. Nothing is loaded: an image is shown as its words and its address.
 * M3. A link says where it leads, and leads to the web alone: https and http, in a tab that knows nothing of this one.
 * M4. Control and bidi characters are shown, not obeyed.
 */
import { marked, type Token, type Tokens } from "marked";
import type { ReactNode } from "react";
import { visibleLines } from "../../views/escape.ts";
import { shown } from "./words.ts";

/** Longer texts are shown as they are: reading them as Markdown would take the page's time. */
const longest = 60_000;

export function Markdown({ text }: { readonly text: string }): ReactNode {
  if (text.length > longest) return <pre className="plain">{visibleLines(text).join("\n")}</pre>;
  return <div className="markdown">{blocks(marked.lexer(text, { gfm: true }))}</div>;
}

function blocks(tokens: readonly Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, at) => <Block key={at} token={token} />);
}

/** M1. */
function Block({ token }: { readonly token: Token }): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      // The page's own headings are above: those of a text are all of one level, whatever they claim.
      return <p className="md-heading">{inline(token.tokens)}</p>;
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "text":
      return token.tokens ? <>{inline(token.tokens)}</> : <>{raw(token)}</>;
    case "blockquote":
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case "code":
      return <pre className="code">{visibleLines(String(token["text"])).join("\n")}</pre>;
    case "hr":
      return <hr />;
    case "list":
      return <List token={token as Tokens.List} />;
    case "table":
      return <Table token={token as Tokens.Table} />;
    default:
      return <p>{raw(token)}</p>;
  }
}

function List({ token }: { readonly token: Tokens.List }): ReactNode {
  const items = token.items.map((item, at) => (
    <li key={at}>
      {item.task ? <span className="task">{item.checked ? "☑ " : "☐ "}</span> : null}
      {blocks(item.tokens.filter(({ type }) => type !== "checkbox"))}
    </li>
  ));
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token }: { readonly token: Tokens.Table }): ReactNode {
  return (
    <div className="scrolls" tabIndex={0} role="group" aria-label="table">
      <table>
        <thead>
          <tr>
            {token.header.map((cell, at) =>
              // A header without words names nothing to whoever listens.
              cell.text.trim() === "" ? <td key={at} /> : <th key={at}>{inline(cell.tokens)}</th>,
            )}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column}>{inline(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, at) => <Inline key={at} token={token} />);
}

function Inline({ token }: { readonly token: Token }): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens ? <>{inline(token.tokens)}</> : <>{lines(String(token["text"]))}</>;
    case "escape":
      return <>{lines(String(token["text"]))}</>;
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return <code>{lines(String(token["text"]))}</code>;
    case "br":
      return <br />;
    case "link":
      return <Link href={String(token["href"])}>{inline(token.tokens)}</Link>;
    case "image":
      return (
        <span className="image">
          [image: {shown(String(token["text"]))} {shown(String(token["href"]))}]
        </span>
      ); // M2
    default:
      return <>{raw(token)}</>;
  }
}

/** M3. */
function Link({ href, children }: { readonly href: string; readonly children: ReactNode }): ReactNode {
  const target = /^https?:\/\/[^\s]+$/i.test(href) ? URL.parse(href) : null;
  if (target === null || target.username !== "" || target.password !== "")
    return (
      <span>
        {children} <code>{shown(href)}</code>
      </span>
    );
  return (
    <a href={target.href} target="_blank" rel="noopener noreferrer nofollow">
      {children} <span className="host">({target.host})</span>
    </a>
  );
}

/** M4. */
function lines(text: string): string {
  return visibleLines(unentitied(text)).join("\n");
}

function raw(token: Token): string {
  return visibleLines(token.raw.trim()).join("\n");
}

/** The lexer leaves the few entities that it makes itself, and those that the text has, as they are. */
function unentitied(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => entities[name] ?? "");
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
