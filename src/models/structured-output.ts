/** Output of a given shape: the schema goes to the server as `response_format`, and what comes back is checked all the same. */
import type { BaseMessage } from "@langchain/core/messages";
import { toJsonSchema, type JSONSchema } from "@langchain/core/utils/json_schema";
import { z } from "zod";
import { CadreError } from "../errors.ts";
import { strictObject } from "./strict-calls.ts";

type StandardResult = { readonly value?: unknown; readonly issues?: readonly unknown[] | undefined };
type Standard = { readonly validate: (value: unknown) => StandardResult | Promise<StandardResult> };

export type OutputShape = {
  readonly name: string;
  /** What the server gets. */
  readonly jsonSchema: Record<string, unknown>;
  /** Errors: `model-truncated`, `model-malformed`; they do not quote the reply. */
  readonly parse: (message: BaseMessage) => Promise<Record<string, unknown>>;
};

/** `schema`: zod, anything that speaks Standard Schema and JSON schema, or a JSON schema itself, which zod then checks. */
export function outputShape(schema: unknown, name: string | undefined): OutputShape {
  const standard = standardOf(schema);
  const jsonSchema = standard
    ? ({ ...toJsonSchema(schema as JSONSchema) } as Record<string, unknown>)
    : { ...(schema as Record<string, unknown>) };
  const validate = standard ? fromStandard(standard) : fromZod(z.fromJSONSchema(jsonSchema));
  const title = typeof jsonSchema["title"] === "string" ? jsonSchema["title"] : undefined;
  return {
    name: (name ?? title ?? "output").replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64),
    jsonSchema,
    parse: async (message) => {
      const metadata: Record<string, unknown> = message.response_metadata;
      const finish = metadata["finish_reason"];
      if (finish !== "stop") {
        throw new CadreError("model-truncated", "The model did not finish its structured reply.", {
          hint: "Raise the model's maxTokens.",
        });
      }
      const parsed = strictObject(message.text);
      const value = parsed.ok ? await validate(parsed.args) : null;
      if (value !== null) return value;
      throw new CadreError("model-malformed", "The model's reply does not have the shape that was asked for.", {
        hint: "Use a model or a server that supports response_format json_schema.",
      });
    },
  };
}

type Validate = (value: Record<string, unknown>) => Promise<Record<string, unknown> | null>;

function standardOf(schema: unknown): Standard | null {
  if (typeof schema !== "object" || schema === null || !("~standard" in schema)) return null;
  return schema["~standard"] as Standard;
}

function fromStandard(standard: Standard): Validate {
  return async (value) => {
    const result = await standard.validate(value);
    return result.issues ? null : (result.value as Record<string, unknown>);
  };
}

function fromZod(schema: z.ZodType): Validate {
  return async (value) => {
    const result = schema.safeParse(value);
    return result.success ? (result.data as Record<string, unknown>) : null;
  };
}
