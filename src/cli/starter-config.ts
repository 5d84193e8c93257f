/** The cadre.yaml of a starter project: everything commented out, so that the first run is a rehearsal. */
export const starterConfig = `# The operator's file: where models are and which role gets which. Without it every role is rehearsed: no model is called.
# It holds no secret: \`token\` is the NAME of an environment variable.
#
# models:
#   small:
#     tier: hf                        # Hugging Face inference providers
#     model: Qwen/Qwen3-8B
#     token: HF_TOKEN
#   local:
#     tier: endpoint                  # any server that speaks the OpenAI-compatible API
#     url: http://127.0.0.1:8080/v1
#     model: my-model
#
# map:
#   default: small                    # every role, unless one of these says otherwise
#   ranks: { lead: local }
#   roles: { huggingface-specialist: local }
`;
