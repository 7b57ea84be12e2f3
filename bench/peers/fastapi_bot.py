"""What one would write first: a slash command answered by a chat model, in one process and one file."""

import os

import httpx
from fastapi import BackgroundTasks, FastAPI, Form, HTTPException

TOKEN = os.environ["COMMAND_TOKEN"]
MODEL = os.environ.get("MODEL", "gpt-4o-mini")
BASE_URL = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
API_KEY = os.environ["OPENAI_API_KEY"]

app = FastAPI()
client = httpx.AsyncClient(timeout=60)


async def answer(text: str, user_name: str, response_url: str) -> None:
    """Asks the model and posts what it says."""
    try:
        completion = await client.post(
            f"{BASE_URL}/chat/completions",
            headers={"Authorization": f"Bearer {API_KEY}"},
            json={"model": MODEL, "messages": [{"role": "user", "content": text}]},
        )
        completion.raise_for_status()
        said = completion.json()["choices"][0]["message"]["content"]
        post = f"**{user_name}**: {text}\n**GPT**: {said}"
    except httpx.HTTPError as error:
        post = f"오류 발생: {error}"
    await client.post(response_url, json={"response_type": "in_channel", "text": post})


@app.post("/mattermost-gpt")
async def ask(
    tasks: BackgroundTasks,
    token: str = Form(),
    text: str = Form(""),
    user_name: str = Form(),
    response_url: str = Form(),
) -> dict[str, str]:
    """Acknowledges a command and answers it in the background."""
    if token != TOKEN:
        raise HTTPException(status_code=401)
    tasks.add_task(answer, text, user_name, response_url)
    return {"response_type": "ephemeral", "text": "생각 중이에요…"}
