/** The control room: who is signed in, what is shown at which address, and what holds on every page. */
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { Link, Route, Router, Switch } from "wouter";
import type { ErrorView, SessionView } from "../views/control-room/session.ts";
import {
  errorOf,
  SurroundingsContext,
  useChanged,
  useLiveState,
  useLoaded,
  useSource,
  type Surroundings,
} from "./data/hooks.ts";
import { goLive, liveAgain, listen } from "./data/live.ts";
import { base, serverSource, signIn, workerUrl } from "./data/server-source.ts";
import { SourceError } from "./data/source.ts";
import { ComparePage } from "./pages/compare-page.tsx";
import { HealthPage } from "./pages/health-page.tsx";
import { InboxPage } from "./pages/inbox-page.tsx";
import { ModesPage, modesTabs, type ModesTab } from "./pages/modes-page.tsx";
import { NewRunPage } from "./pages/new-run-page.tsx";
import { RunPage } from "./pages/run-page.tsx";
import { RunsPage } from "./pages/runs-page.tsx";
import { SignInPage } from "./pages/sign-in-page.tsx";
import { ErrorNote, Loading } from "./parts/small.tsx";
import { TopBar } from "./parts/top-bar.tsx";

type Entry =
  | { readonly state: "asking" }
  | { readonly state: "out" }
  | { readonly state: "failed"; readonly error: ErrorView }
  | { readonly state: "in"; readonly session: SessionView };

export function App(): ReactNode {
  const [entry, setEntry] = useState<Entry>({ state: "asking" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    void enter().then(setEntry);
  }, [turn]);
  // The link, put into the address of a page that is open already, changes only what stands behind the #: nothing is loaded again.
  useEffect(() => {
    const onKey = (): void => {
      if (keyInAddress() !== undefined) setTurn((before) => before + 1);
    };
    window.addEventListener("hashchange", onKey);
    return () => window.removeEventListener("hashchange", onKey);
  }, []);
  // The session has ended while the page was open.
  useEffect(
    () =>
      listen((message) => {
        if (message.type === "state" && message.state === "signed-out") setEntry({ state: "out" });
      }),
    [],
  );
  switch (entry.state) {
    case "asking":
      return <Loading what="who you are" />;
    case "failed":
      return (
        <main className="pad">
          <ErrorNote error={entry.error} />
          <button type="button" onClick={() => setTurn(turn + 1)}>
            Try again
          </button>
        </main>
      );
    case "out":
      return (
        <SignInPage
          onToken={async (token) => {
            await signIn({ token });
            liveAgain();
            setTurn(turn + 1);
          }}
        />
      );
    case "in":
      return <Room session={entry.session} />;
  }
}

function keyInAddress(): string | undefined {
  return /^#key=([\w-]+)$/.exec(location.hash)?.[1];
}

/** With the one-time key, if the address brings one; it is taken out of the address and of the history at once. */
async function enter(): Promise<Entry> {
  const key = keyInAddress();
  if (key !== undefined) {
    history.replaceState(null, "", location.pathname + location.search);
    await signIn({ key }).catch(() => undefined); // used before: a session may be there all the same
  }
  try {
    const session = await serverSource.session();
    goLive(base, workerUrl);
    if (key !== undefined) liveAgain();
    return { state: "in", session };
  } catch (thrown) {
    if (thrown instanceof SourceError && thrown.status === 401) return { state: "out" };
    return { state: "failed", error: errorOf(thrown) };
  }
}

function Room({ session }: { readonly session: SessionView }): ReactNode {
  const surroundings = useMemo((): Surroundings => ({ source: serverSource, session, exported: false }), [session]);
  return (
    <SurroundingsContext value={surroundings}>
      <Router base={base}>
        <a className="skip" href="#main">
          To the content
        </a>
        <Top />
        <Broken />
        <main id="main">
          <Switch>
            <Route path="/">
              <RunsPage />
            </Route>
            <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
            <Route path="/inbox/:id?">{({ id }) => <InboxPage id={id} />}</Route>
            <Route path="/modes/:tab?">{({ tab }) => <ModesPage tab={tabOf(tab)} />}</Route>
            <Route path="/new">
              <NewRunPage />
            </Route>
            <Route path="/compare/:one?/:other?">{({ one, other }) => <ComparePage one={one} other={other} />}</Route>
            <Route path="/health">
              <HealthPage />
            </Route>
            <Route>
              <div className="empty">
                <h1>There is no such page</h1>
                <p>The address leads nowhere here.</p>
                <Link href="/">All runs</Link>
              </div>
            </Route>
          </Switch>
        </main>
      </Router>
    </SurroundingsContext>
  );
}

function tabOf(text: string | undefined): ModesTab {
  return modesTabs.find((tab) => tab === text) ?? "map";
}

function Top(): ReactNode {
  const source = useSource();
  const { value, reload } = useLoaded("session", () => source.session());
  useChanged(reload);
  const openAsks = value?.openAsks ?? 0;
  useEffect(() => {
    document.title = openAsks === 0 ? "cadre" : `(${openAsks}) cadre`;
  }, [openAsks]);
  return <TopBar openAsks={openAsks} />;
}

/** A broken connection says so. */
function Broken(): ReactNode {
  const state = useLiveState();
  if (state !== "lost") return null;
  return (
    <p className="broken" role="alert">
      The connection to the server is broken; this page shows what it knew, and goes on by itself once the server is
      back.
    </p>
  );
}
