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
#     price: { promptPerMillion: 0, completionPerMillion: 0, currency: EUR }   # left out: unpriced, which is not free
#   here:
#     tier: embedded                  # llama.cpp in this process: npm install node-llama-cpp@^3.22.1
#     model: hf:Qwen/Qwen3-0.6B-GGUF:Q8_0          # fetched once, pinned in cadre.lock; or \`file\` with a path
#
# map:
#   default: small                    # every role, unless one of these says otherwise
#   ranks: { lead: local }
#   roles: { huggingface-specialist: local }
#
# routing:                            # a second opinion on where work goes; below the threshold it is questioned, then a person decides
#   model: small                      # or \`lexical\`, which compares words and calls nothing
#   threshold: 0.6
#
# approvers: [maya, linh]             # nobody else approves, signs off or raises a limit, whatever a workflow says; left out: everyone
#
# hub:                                # lets roles look models and data sets up on huggingface.co; without it the Hub is not asked
#   token: HF_TOKEN                   # for what is gated or private; left out: no token is sent
#
# mcp:                                # tools of MCP servers, for roles whose tool groups hold \`mcp\`
#   servers:
#     tickets:
#       command: [npx, "-y", "my-ticket-server"]    # or \`url\`, and \`token\` with the NAME of a variable
#       env: [TICKETS_TOKEN]          # beside PATH and HOME the program gets these variables only
#       tools: [find_ticket, close_ticket]          # nothing else of the server exists here
#       access: { find_ticket: read } # your word; everything else is an effect and needs a person's approval
#       roles: [backend-lead]         # left out: every role with the group
#
# notify:                             # who is told that something waits for a person
#   - command: [./tell-the-team.sh]   # gets one JSON document (cadre.notice/1) on stdin
#     before: 60                      # minutes before a deadline, once more; let a timer call \`cadre notify\`
#   - { url: "https://chat.example.com/hook", token: CHAT_TOKEN, link: "https://desk.example.com/{run}/{ask}" }
`;
