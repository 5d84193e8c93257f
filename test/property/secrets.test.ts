/** R8, RELIABILITY 10: what is taken out of a whole text is taken out of it in pieces too, wherever it is cut, and nothing else is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { openSecrets } from "../../src/outside/secrets.ts";

const env = {
  HF_TOKEN: "hf_Abc123Def456",
  LONGER: "hf_Abc123Def456-and-more-9",
  DATABASE_URL: "postgres://maya:pa55wörd@db.example/x",
  API_KEY: 'with "quotes" & 100%',
  SSH_AUTH_SOCK: "/tmp/agent.1234/socket",
  NODE_ENV: "production",
  SHORT_TOKEN: "abc",
  PLAIN_TOKEN: "enabled",
  MY_SECRET: "0123456789abcdef",
};
const secrets = openSecrets({ tokens: ["HF_TOKEN", "LONGER", "API_KEY"], maybe: ["DATABASE_URL", "NODE_ENV"] }, env);
const values = [env.HF_TOKEN, env.LONGER, env.DATABASE_URL, env.API_KEY, env.MY_SECRET];

const spelled = fc.constantFrom(
  ...values.flatMap((value) => [
    value,
    JSON.stringify(value),
    encodeURIComponent(value),
    Buffer.from(value).toString("base64"),
    Buffer.from(`user:${value}`).toString("base64"),
    Buffer.from(`x${value}y`).toString("base64url"),
    Buffer.from(value).toString("hex"),
  ]),
);
const text = fc
  .array(
    fc.oneof(
      spelled,
      spelled.chain((value) => fc.nat(value.length).map((end) => value.slice(0, end))),
      fc.string({ unit: "grapheme", maxLength: 8 }),
      fc.constantFrom("hf_", "hf_Abc123Def456-and", "[HF_TOKEN]", "0123", " "),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

function inPieces(whole: string, cuts: readonly number[], stream = secrets.stream()): string {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].toSorted((a, b) => a - b);
  const pieces = [0, ...places].map((from, at) => whole.slice(from, [...places, whole.length][at]));
  return [...pieces.map((piece) => stream.push(piece)), stream.end()].join("");
}

test("K3 a stream gives what the whole text gives, however it is cut", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (whole, cuts) => {
      expect(inPieces(whole, cuts)).toBe(secrets.clean(whole));
      const bytes = Buffer.from(whole).toString("latin1");
      const cleaned = Buffer.from(inPieces(bytes, cuts, secrets.byteStream()), "latin1").toString("utf8");
      expect(cleaned).toBe(secrets.clean(Buffer.from(whole).toString("utf8")));
    }),
    { numRuns: 1000 },
  );
});

test("K3 every cut of a text that holds every secret", () => {
  const whole = values.map((value) => `before ${value} after `).join("");
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const given = inPieces(whole, [cut]);
    for (const value of values) expect(given).not.toContain(value);
    expect(given).toBe(secrets.clean(whole));
  }
  for (const given of [
    inPieces(
      whole,
      Array.from(whole, (_, at) => at),
    ),
  ])
    expect(given).toBe(secrets.clean(whole));
});

test("K1 K2 no spelling of a secret is left, and texts without one stay as they are", () => {
  fc.assert(
    fc.property(text, (whole) => {
      const given = secrets.clean(whole);
      for (const value of values) expect(given).not.toContain(value);
      expect(secrets.clean(given)).toBe(given);
    }),
    { numRuns: 1000 },
  );
  for (const plain of ["production", "enabled", "/tmp/agent.1234/socket", "abc", "hf_Abc123"])
    expect(secrets.clean(`it is ${plain}.`)).toBe(`it is ${plain}.`);
  expect(secrets.clean(env.LONGER)).toBe("[LONGER]");
  expect(secrets.clean(`Bearer ${env.HF_TOKEN}`)).toBe("Bearer [HF_TOKEN]");
  expect(secrets.cleanJson({ [env.HF_TOKEN]: [env.MY_SECRET, 7, null] })).toEqual({
    "[HF_TOKEN]": ["[MY_SECRET]", 7, null],
  });
});

test("where no secret is known every text passes as it is", () => {
  const none = openSecrets({ tokens: ["HF_TOKEN"], maybe: [] }, { PATH: "/usr/bin", HF_TOKEN: "" });
  expect(none.none).toBe(true);
  const value = { a: ["x"] };
  expect(none.cleanJson(value)).toBe(value);
  const stream = none.stream();
  expect([stream.push("hf_"), stream.push("x"), stream.end()]).toEqual(["hf_", "x", ""]);
});
