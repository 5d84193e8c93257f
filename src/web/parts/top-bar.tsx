/** Where one can go, whether it is live, and light or dark. */
import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { LiveState } from "../data/connection.ts";
import { useDoing, useLiveState, useSurroundings } from "../data/hooks.ts";
import { MoonSign, SunSign } from "./icons.tsx";
import { shown } from "./words.ts";

const places = [
  ["/", "Runs"],
  ["/inbox", "Inbox"],
  ["/modes", "Modes"],
  ["/compare", "Compare"],
  ["/health", "Health"],
] as const;

export function TopBar({ openAsks }: { readonly openAsks: number }): ReactNode {
  const [location] = useLocation();
  const { session } = useSurroundings();
  return (
    <header className="top">
      <Link href="/" className="brand">
        cadre
      </Link>
      <nav aria-label="Pages">
        {places.map(([path, words]) => {
          const here = path === "/" ? location === "/" || location.startsWith("/runs") : location.startsWith(path);
          return (
            <Link key={path} href={path} aria-current={here ? "page" : undefined}>
              {words}
              {path === "/inbox" && openAsks > 0 ? (
                <span className="count count-waiting">
                  {openAsks}
                  <span className="unseen"> waiting</span>
                </span>
              ) : null}
            </Link>
          );
        })}
      </nav>
      <span className="top-project muted" title="the project">
        {shown(session.project)}
      </span>
      <LiveSign />
      <Who />
      <Theme />
    </header>
  );
}

const liveWords: Readonly<Record<LiveState, string>> = {
  connecting: "connecting",
  live: "live",
  lost: "connection lost",
  "signed-out": "signed out",
};

function LiveSign(): ReactNode {
  const state = useLiveState();
  return (
    <span className={`live live-${state}`} role="status">
      <i aria-hidden="true" />
      {liveWords[state]}
    </span>
  );
}

function Who(): ReactNode {
  const { session, source } = useSurroundings();
  const doing = useDoing();
  const [link, setLink] = useState<string | null>(null);
  return (
    <details className="who">
      <summary>{shown(session.user.name)}</summary>
      <div className="menu">
        <p className="muted">
          may {["look", ...session.user.may].join(", ")} · cadre {session.version}
        </p>
        <button
          type="button"
          disabled={doing.busy}
          onClick={() => doing.run(async () => setLink(`${location.origin}${(await source.link()).path}`))}
        >
          A link for another browser
        </button>
        {link === null ? null : (
          <p>
            <code className="invite">{link}</code> works once.
          </p>
        )}
        {doing.error === null ? null : <p className="muted">{shown(doing.error.message)}</p>}
        <button
          type="button"
          disabled={doing.busy}
          onClick={() =>
            doing.run(async () => {
              await source.signOut();
              location.reload();
            })
          }
        >
          Sign out here
        </button>
      </div>
    </details>
  );
}

type ThemeName = "light" | "dark";

export function Theme(): ReactNode {
  const [theme, setTheme] = useState<ThemeName>(themeNow);
  const other: ThemeName = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="quiet theme"
      aria-label={`Switch to ${other}`}
      onClick={() => {
        document.documentElement.dataset["theme"] = other;
        try {
          localStorage.setItem("cadre-theme", other);
        } catch {
          // A file, or a browser that keeps nothing: it holds for this page.
        }
        setTheme(other);
      }}
    >
      {theme === "dark" ? <SunSign /> : <MoonSign />}
    </button>
  );
}

function themeNow(): ThemeName {
  const set = document.documentElement.dataset["theme"];
  if (set === "light" || set === "dark") return set;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** As it was chosen here before; otherwise as the system says. */
export function restoreTheme(): void {
  try {
    const kept = localStorage.getItem("cadre-theme");
    if (kept === "light" || kept === "dark") document.documentElement.dataset["theme"] = kept;
  } catch {
    // nothing is kept here
  }
}
