// A conversation with Claude Code, on the healthiest gateway that the project allows.
//
//     node conversation.ts [--seconds N] [--resume SESSION] PROMPT...
//
// Each prompt is one turn. Its answer is printed as it comes, and interrupted where it takes
// longer than N seconds; the conversation then goes on with the next prompt. The session's
// id, for --resume, is the last line on standard error.

import { EventEmitter, once } from "node:events";
import { parseArgs } from "node:util";
import { query, type SDKUserMessage } from "@anthropic-ai/claude-agent-sdk";

const { values, positionals: prompts } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "600" }, resume: { type: "string" } },
});

// `env` replaces the whole environment: what isn't named here reaches neither ccwrap nor claude.
const PASSED = /^(PATH|HOME|LANG|TMPDIR|LLM_KEY|CCWRAP_.*|XDG_.*|.*_PROXY|NODE_EXTRA_CA_CERTS)$/i;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));

const progress = new EventEmitter();

async function* turns(): AsyncGenerator<SDKUserMessage> {
  for (const content of prompts) {
    const late = setTimeout(() => conversation.interrupt(), Number(values.seconds) * 1000);
    yield { type: "user", message: { role: "user", content }, parent_tool_use_id: null };
    await once(progress, "answered");
    clearTimeout(late);
  }
}

const conversation = query({
  prompt: turns(),
  options: {
    pathToClaudeCodeExecutable: "ccwrap",
    env,
    resume: values.resume,
    includePartialMessages: true,
    settingSources: ["user"], // the repository's own hooks could read the key
  },
});

try {
  let session = "";
  for await (const message of conversation) {
    if (message.type === "stream_event") {
      const { event } = message;
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
        process.stdout.write(event.delta.text);
      }
    } else if (message.type === "result") {
      session = message.session_id;
      console.log(message.subtype === "error_during_execution" ? " [interrupted]" : "");
      progress.emit("answered");
    }
  }
  console.error(session);
} catch (error) {
  // 69: no usable route, 77: not allowed, ...; the message ends in what ccwrap said.
  const { message, exitCode } = error as Error & { exitCode?: number };
  console.error(message);
  process.exit(exitCode ?? 1);
}
