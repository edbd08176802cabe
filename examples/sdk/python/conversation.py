"""A conversation with Claude Code, on the healthiest gateway that the project allows.

    python conversation.py [--seconds N] [--resume SESSION] PROMPT...

Each prompt is one turn. Its answer is printed as it comes, and interrupted where it takes
longer than N seconds; the conversation then goes on with the next prompt. The session's
id, for --resume, is the last line on standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ProcessError,
    ResultMessage,
    StreamEvent,
)


async def turn(client: ClaudeSDKClient, prompt: str, seconds: float) -> str:
    """Print the answer to `prompt` as it comes; return the session's id."""
    await client.query(prompt)
    late = asyncio.create_task(interrupt(client, seconds))
    session = ""
    async for message in client.receive_response():
        if isinstance(message, StreamEvent):
            print(message.event.get("delta", {}).get("text", ""), end="", flush=True)
        elif isinstance(message, ResultMessage):
            session = message.session_id
            print(" [interrupted]" if message.subtype == "error_during_execution" else "")
    late.cancel()
    return session


async def interrupt(client: ClaudeSDKClient, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await client.interrupt()


async def main(given: argparse.Namespace) -> int:
    said: list[str] = []  # what ccwrap and claude say on standard error
    options = ClaudeAgentOptions(
        cli_path="ccwrap",
        stderr=said.append,
        resume=given.resume,
        include_partial_messages=True,
        setting_sources=["user"],  # the repository's own hooks could read the key
    )
    try:
        async with ClaudeSDKClient(options) as client:
            for prompt in given.prompts:
                session = await turn(client, prompt, given.seconds)
    except ProcessError as error:  # 69: no usable route, 77: not allowed, ...
        print(*said, sep="\n", file=sys.stderr)
        return error.exit_code or 1
    print(session, file=sys.stderr)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--resume", metavar="SESSION")
    parser.add_argument("prompts", nargs="+", metavar="PROMPT")
    sys.exit(asyncio.run(main(parser.parse_args())))
