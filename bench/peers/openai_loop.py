"""What one would write first: many completions at once with OpenAI's client, each read as it comes."""

import argparse
import asyncio
import json
import ssl
import sys
import time

import openai

options = argparse.ArgumentParser()
options.add_argument("--base-url", required=True)
options.add_argument("--ca-file", required=True)
options = options.parse_args()
trusted = ssl.create_default_context(cafile=options.ca_file)


def client() -> openai.AsyncOpenAI:
    http = openai.DefaultAsyncHttpxClient(verify=trusted)
    return openai.AsyncOpenAI(base_url=options.base_url, api_key="bench", max_retries=0, timeout=120, http_client=http)


async def read(asked: openai.AsyncOpenAI, question: str) -> int | None:
    """Reads one completion; returns how late its last token was."""
    late = None
    messages = [{"role": "user", "content": question}]
    async for chunk in await asked.chat.completions.create(model="bench", messages=messages, stream=True):
        text = chunk.choices[0].delta.content or ""
        if "sent at " in text:
            sent = int(text.split("sent at ")[1])
            late = time.time_ns() // 1000 - sent
    return late


async def main() -> None:
    asked = client()
    await read(asked, "warm up")
    print("ready", flush=True)
    lines = await asyncio.to_thread(sys.stdin.readline)
    count = int(lines.split()[1])
    reading = []
    for number in range(count):
        if number % 16 == 0:
            await asyncio.sleep(0.005)
        reading.append(asyncio.create_task(read(asked, "hello")))
    ended = await asyncio.gather(*reading, return_exceptions=True)
    late = [micros for micros in ended if isinstance(micros, int)]
    print(json.dumps({"whole": len(late), "late_micros": late}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)


asyncio.run(main())
