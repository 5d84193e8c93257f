/**
 * A tool's JSON schema, lowered to what llama.cpp's grammar can hold a model to.
 *
 * L1. The grammar is a guide, not the check: whatever comes out is validated by the tool's own schema, as on every tier. So lowering may
 *     allow too much (bounds and patterns go), and may ask for more than it must (every property is written), but never leaves out
 *     what the schema needs.
 * L2. Small bounds stay, as they keep a small model from an empty text or an endless list. Large ones go: a grammar pays for each repetition.
 * L3. Nothing here fails: what the grammar has no word for becomes any JSON value.
 */
type Schema = Readonly<Record<string, unknown>>;

/** What node-llama-cpp takes, as plain data. */
export type GrammarSchema = { readonly [key: string]: unknown };

const largestBound = 16;
const simple = new Set(["string", "number", "integer", "boolean", "null"]);
const anyScalar: GrammarSchema = { oneOf: [...simple].filter((type) => type !== "integer").map((type) => ({ type })) };

/** The schema of a tool's arguments: always an object. */
export function lowerArguments(schema: Schema): GrammarSchema {
  const lowered = lowerSchema(schema);
  return lowered["type"] === "object" ? lowered : { type: "object", properties: {}, additionalProperties: false };
}

export function lowerSchema(schema: Schema): GrammarSchema {
  const defs = isSchema(schema["$defs"]) ? { $defs: mapped(schema["$defs"], lower) } : {};
  return { ...lower(schema), ...defs };
}

function lower(given: unknown): GrammarSchema {
  if (!isSchema(given)) return anyScalar;
  const schema = merged(given);
  const description = typeof schema["description"] === "string" ? { description: schema["description"] } : {};
  return { ...body(schema), ...description };
}

function body(schema: Schema): GrammarSchema {
  if (typeof schema["$ref"] === "string") return { $ref: schema["$ref"] };
  if (isScalar(schema["const"])) return { const: schema["const"] };
  const values = schema["enum"];
  if (Array.isArray(values)) return { enum: values.filter(isScalar) };
  const choices = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(choices) && choices.length > 0) return { oneOf: choices.map(lower) };
  const types = schema["type"] ?? guessedType(schema);
  if (Array.isArray(types)) return { oneOf: types.map((type) => ofType(String(type), schema)) };
  return typeof types === "string" ? ofType(types, schema) : anyScalar;
}

/** `allOf` of plain parts is one schema; where parts disagree the last word counts, and L1 holds. */
function merged(schema: Schema): Schema {
  const parts = schema["allOf"];
  if (!Array.isArray(parts)) return schema;
  const { allOf: _parts, ...own } = schema;
  return [own, ...parts.filter(isSchema)].reduce<Schema>(
    (sum, part) => ({
      ...sum,
      ...part,
      ...(isSchema(sum["properties"]) && isSchema(part["properties"])
        ? { properties: { ...sum["properties"], ...part["properties"] } }
        : {}),
    }),
    {},
  );
}

function guessedType(schema: Schema): string | undefined {
  if (isSchema(schema["properties"])) return "object";
  return schema["items"] === undefined ? undefined : "array";
}

function ofType(type: string, schema: Schema): GrammarSchema {
  switch (type) {
    case "object":
      return objectOf(schema);
    case "array":
      return {
        type,
        items: lower(schema["items"]),
        ...bound(schema, "minItems"),
        ...bound(schema, "maxItems"),
      };
    case "string":
      return { type, ...bound(schema, "minLength") };
    default:
      return simple.has(type) ? { type } : anyScalar;
  }
}

/** Properties that nobody declared are left out, unless the schema is a table of them. */
function objectOf(schema: Schema): GrammarSchema {
  const properties = isSchema(schema["properties"]) ? mapped(schema["properties"], lower) : {};
  const more = schema["additionalProperties"];
  return { type: "object", properties, additionalProperties: isSchema(more) ? lower(more) : false };
}

function bound(schema: Schema, name: "minItems" | "maxItems" | "minLength"): GrammarSchema {
  const value = schema[name];
  return typeof value === "number" && value > 0 && value <= largestBound ? { [name]: value } : {};
}

function mapped(record: Schema, change: (value: unknown) => GrammarSchema): GrammarSchema {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
