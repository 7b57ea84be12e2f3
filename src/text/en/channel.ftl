# What is said about a channel's settings.

channel-heading = **Settings of this channel**
channel-how =
    {""}Channel admins can change them:
    - `/{ $trigger } channel prompt: Answer briefly`
    - `/{ $trigger } channel model: name` · `channel temperature: 0.2` · `channel time zone: Europe/Berlin`
    - `/{ $trigger } channel hears: mention` (or `thread`, or `all`) · `channel context: 20` · `channel agent: name`
    - `/{ $trigger } channel model: default` takes one back, `/{ $trigger } channel reset` all of them
channel-changed = Done. It holds from the next question on.
channel-default = as everywhere
channel-administrators = Only channel admins and system admins can change the settings of a channel.
channel-needs-bot = I cannot see here who administers the channel, so I changed nothing. Please do it in a channel that the bot is in.
channel-no-models = There is no other model to choose. Only models that askwell's administrator lists in `model.choices` can be chosen.
channel-other-models = That model cannot be chosen. These can: { $models }
channel-no-agents = There is no agent to choose. askwell's administrator makes them with `[[agents]]`.
channel-other-agents = There is no such agent. These can be chosen: { $agents }
channel-no-time-zone = There is no such time zone. Write it like `Europe/Berlin` or `UTC`.
channel-prompt = Prompt
channel-model = Model
channel-temperature = Temperature
channel-hears = Hears
channel-context = Context
channel-time-zone = Time zone
channel-agent = Agent
channel-prompt-form = A prompt has at most 4,000 characters, for example `/{ $trigger } channel prompt: Answer briefly`
channel-model-form = Name the model, for example `/{ $trigger } channel model: gpt-4o`
channel-temperature-form = A temperature is a number from 0 to 2, for example `/{ $trigger } channel temperature: 0.2`
channel-hears-form = Choose `mention`, `thread` or `all`, for example `/{ $trigger } channel hears: mention`
channel-context-form = The context is a number of posts from 0 to 100, for example `/{ $trigger } channel context: 20`
channel-time-zone-form = Name the time zone, for example `/{ $trigger } channel time zone: Europe/Berlin`
channel-agent-form = Name the agent, for example `/{ $trigger } channel agent: reviewer`
channel-hears-mention = I answer posts that mention me
channel-hears-thread = I answer posts that mention me, and what people who have addressed me in a thread say there
channel-hears-all = I answer every post
channel-context-posts = With a mention I read up to { $posts } posts before it
