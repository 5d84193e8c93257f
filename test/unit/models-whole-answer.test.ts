/** A WholeAnswer is what a Response of the same content is, in whatever way it is read. */
import { describe, expect, test } from "vitest";
import { wholeAnswer } from "../../src/models/whole-answer.ts";

const init = { status: 201, headers: { "content-type": "application/json" } };
const contents = [
  ["text", '{"a":"é"}'],
  ["bytes", new TextEncoder().encode('{"a":"é"}')],
  ["a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
  ["bytes that are no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ["what is no JSON", "<html>"],
  ["nothing", new Uint8Array(0)],
] as const;

const ways: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  text: (response) => response.text(),
  json: (response) => response.json().catch((error: Error) => error.name),
  arrayBuffer: async (response) => [...new Uint8Array(await response.arrayBuffer())],
  bytes: async (response) => [...(await response.bytes())],
  blob: async (response) => {
    const blob = await response.blob();
    return [blob.type, await blob.text()];
  },
  body: async (response) => {
    const parts: number[] = [];
    for await (const part of response.body ?? []) parts.push(...part);
    return parts;
  },
  clone: (response) => response.clone().text(),
};

describe.each(contents)("of %s", (_what, content) => {
  test.each(Object.keys(ways))("%s is that of a Response", async (way) => {
    const read = ways[way] as (typeof ways)[string];
    const [own, other] = [wholeAnswer(content, init), new Response(content, init)];
    expect([own.status, own.ok, own.headers.get("content-type")]).toEqual([201, true, "application/json"]);
    expect(own.bodyUsed).toBe(false);
    expect(await read(own)).toEqual(await read(other));
  });
});

test("it is a Response, and is read once", async () => {
  const answer = wholeAnswer("x", init);
  expect(answer).toBeInstanceOf(Response);
  await answer.text();
  expect(answer.bodyUsed).toBe(true);
  for (const way of ["text", "json", "bytes", "blob", "arrayBuffer"] as const)
    await expect(answer[way]()).rejects.toThrow(TypeError);
  expect(() => answer.clone()).toThrow(TypeError);
});
