/**
 * What cadre.yaml says of the Hugging Face Hub: whether roles may read it at all, where it is, and where what is fetched is kept.
 *
 * B1. Without `hub` in the file nothing is asked of the Hub: a search says what somebody is working on, and that is the operator's to give away.
 * B2. The token goes to the Hub's own origin; the hosts of `fileHosts` send files and get none.
 */
import { z } from "zod";
import { endpointUrlFault, isVariableName } from "../endpoint-url.ts";
import { publicHub } from "./hub-hosts.ts";

/** Where the public Hub sends whoever fetches a large file. */
const publicFileHosts = ["*.hf.co", "*.huggingface.co"];

const fileHost = z.string().regex(/^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/, {
  error: "is not a host such as cdn.example.com or *.example.com",
});

export const hubSchema = z
  .strictObject({
    url: z
      .string()
      .default(publicHub)
      .superRefine((url, context) => {
        const fault = endpointUrlFault(url);
        if (fault !== null) context.addIssue({ code: "custom", message: fault });
      }),
    /** The name of an environment variable; left out, the Hub is read without a token. */
    token: z
      .string()
      .refine(isVariableName, {
        error:
          "must be the name of an environment variable, such as HF_TOKEN; a token itself never belongs in this file",
        params: { code: "config-literal-token" },
      })
      .optional(),
    /** Hosts that the Hub may send a download on to; `*.` stands for any name below. Left out: those of the public Hub. */
    fileHosts: z.array(fileHost).max(50).default(publicFileHosts),
    /** Folder for weights; relative to the project. Left out: `models` in the data folder. */
    cache: z.string().min(1).optional(),
    /** A single file larger than this is not fetched. */
    maxFileGb: z.number().positive().max(4096).default(20),
    timeoutSeconds: z.number().positive().max(600).default(20),
  })
  .optional();

export type HubConfig = NonNullable<z.infer<typeof hubSchema>>;

/** Where a model file comes from that cadre.yaml names without saying a word of the Hub. */
export const defaultHub: HubConfig = hubSchema.unwrap().parse({});
