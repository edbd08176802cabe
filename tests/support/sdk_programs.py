"""A program for each SDK that uses what passes through ccwrap on standard input and in arguments.

Both continue the last session, with settings of their own, a further argument, a tool in
their own process and a hook that adds a word to the prompt. They print one JSON object.
"""

from typing import Final

PYTHON: Final = """
import asyncio, json
from claude_agent_sdk import (
    ClaudeAgentOptions, HookMatcher, ResultMessage, create_sdk_mcp_server, query, tool
)

@tool("greet", "Greets.", {"name": str})
async def greet(given):
    return {"content": [{"type": "text", "text": "hello"}]}

async def prompted(given, tool_use, context):
    said = {"hookEventName": "UserPromptSubmit", "additionalContext": "a word from the hook"}
    return {"hookSpecificOutput": said}

async def main():
    options = ClaudeAgentOptions(
        cli_path="ccwrap",
        continue_conversation=True,
        settings=json.dumps({"permissions": {"deny": ["Bash"]}}),
        extra_args={"agents": json.dumps({"own": {"description": "--settings {}", "prompt": "."}})},
        mcp_servers={"own": create_sdk_mcp_server("own", tools=[greet])},
        hooks={"UserPromptSubmit": [HookMatcher(hooks=[prompted])]},
    )
    async for message in query(prompt="say two", options=options):
        if isinstance(message, ResultMessage):
            print(json.dumps({"result": message.result}))

asyncio.run(main())
"""

TYPESCRIPT: Final = """
import { createSdkMcpServer, query, tool } from "@anthropic-ai/claude-agent-sdk";

const greet = tool("greet", "Greets.", {}, async () => ({ content: [] }));
const prompted = async () => ({
  hookSpecificOutput: {
    hookEventName: "UserPromptSubmit", additionalContext: "a word from the hook",
  },
});
const options = {
  pathToClaudeCodeExecutable: "ccwrap",
  continue: true,
  settings: { permissions: { deny: ["Bash"] } },
  extraArgs: { agents: JSON.stringify({ own: { description: "--settings {}", prompt: "." } }) },
  mcpServers: { own: createSdkMcpServer({ name: "own", tools: [greet] }) },
  hooks: { UserPromptSubmit: [{ hooks: [prompted] }] },
};
for await (const message of query({ prompt: "say two", options })) {
  if (message.type === "result") console.log(JSON.stringify({ result: message.result }));
}
"""
