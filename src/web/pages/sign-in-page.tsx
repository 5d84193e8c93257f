/** Whoever is not signed in: the link from the terminal, or a token. */
import { useState, type ReactNode } from "react";
import { useDoing } from "../data/hooks.ts";
import { ErrorNote } from "../parts/small.tsx";

export function SignInPage({ onToken }: { readonly onToken: (token: string) => Promise<void> }): ReactNode {
  const [token, setToken] = useState("");
  const doing = useDoing();
  return (
    <main className="sign-in">
      <h1>cadre</h1>
      <p>
        You are not signed in. Open the link that <code>cadre serve</code> shows in its terminal: it works once, and a
        new one is shown after it was used.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          doing.run(() => onToken(token.trim()));
        }}
      >
        <label className="field">
          <span>
            Or a token that somebody made for you with <code>cadre users</code>
          </span>
          <input
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <button type="submit" className="primary" disabled={doing.busy || token.trim() === ""}>
          Sign in
        </button>
      </form>
      {doing.error === null ? null : <ErrorNote error={doing.error} onClose={doing.clear} />}
    </main>
  );
}
