# Every sentence askwell itself says to people: short and kind.
# An error says what happened and what to do about it.

## Help

help =
    {""}**How to use { $assistant }**
    - `/{ $trigger } question` : I answer here. Ask a follow-up and I'll remember what was said.
    - `/{ $trigger } private: question` : only you see the answer. (`나만: question` works too.)
    - `/{ $trigger } new` : forget what was said and start afresh. (`새로` works too.)
    - `/{ $trigger } stop` : stop the answer I am writing for you. (`그만` works too.)
    - `/{ $trigger } channel` : see and change the prompt, model and the like of this channel. (`채널` works too.)
    - `/{ $trigger } help` : show this text. (`도움말` works too.)
help-images = - `/{ $trigger } image: description` : I draw what you describe. (`그림: description` works too.)
nothing-asked = Ask me anything, for example `/{ $trigger } How do I write good meeting notes?` · Full help: `/{ $trigger } help`
working = I am working on your answer. One moment, please.
working-privately = I am working on an answer that only you will see. One moment, please.
conversation-begun = Started a new conversation. I won't use what was said before.
stopped = { $count ->
    [one] I stopped the answer I was writing.
   *[other] I stopped the { $count } answers I was writing.
}
nothing-to-stop = There is no answer to stop right now.

## Said below an answer

answer-stopped = _I stopped here, as you asked._
answer-cut-at-length = _The answer reached its length limit here. If you need the rest, please ask for just that part._
answer-went-on = _One model broke off, and another went on from there._
thinking = _Thinking ({ $seconds } s)_
drawing = _Drawing_
picture-drawn = Here is the picture.
file-too-large = _`{ $name }` is larger than I can read._
file-encrypted = _`{ $name }` needs a password, so I could not read it._
file-unsupported = _`{ $name }` is of a kind that I cannot read._
file-broken = _`{ $name }` has no text that I can read._
file-too-hard = _`{ $name }` took too long to read._
file-unavailable = _`{ $name }` could not be fetched._
file-unheard = _The recording `{ $name }` could not be written down just now._
file-unseen = _`{ $name }` is a picture, and the model here sees none._
file-cut = _`{ $name }` is too long: I read only its beginning._
file-too-many = _`{ $name }` and those after it were left out: I read ten files at most._
answer-interrupted = _The answer was interrupted here. Please ask again._
question-deleted = _The question was deleted, so I stopped._
was-away = I was away when you asked this. If you still need an answer, please ask again.
answer-withheld = _The model withheld the rest of this answer for safety reasons. Please try asking differently._
continued = _(continued)_
earlier-kept = _I could not write another answer, so the earlier one stays. { $reason }_
earlier-kept-stopped = _I stopped before writing another answer, so the earlier one stays._
answered-directly = I could not post this in the channel where you asked, so only you see it here.

## On buttons, and to whoever pressed one

button-stop = ■ Stop
button-stopping = Stopping…
button-regenerate = ↻ Regenerate
button-continue = Continue
not-yours = Only the person who asked, or an administrator, can do that.
button-expired = This button is too old to work. Please ask again.
control-failed = That did not work right now. Please try again in a little while.

## Errors

error = Error: { $reason } (quote id { $id })
model-key-rejected = The model server did not accept our API key. Please ask your administrator to check the key.
model-not-found = The model server does not know the configured model. Please ask your administrator to check its name.
model-rate-limited = The model server has too many requests right now. Please ask again in a little while.
model-quota-exhausted = Our quota at the model server is used up. Please ask your administrator to check it.
model-unreachable = The model server cannot be reached or does not respond. Please ask again in a little while, and tell your administrator if it keeps happening.
model-failed = The model server had a problem. Please ask again in a little while, and tell your administrator if it keeps happening.
model-rejected-request = The model server did not accept the request. Please try asking differently, and tell your administrator if it keeps happening.
model-slow-to-begin = The model did not begin to answer in time. Please ask again in a little while.
model-fell-silent = The model went silent in the middle of its answer. Please ask again.
model-answered-nothing = The model sent an empty answer. Please ask again in slightly different words.
model-only-reasoned = The model used up its whole length thinking and wrote no answer. Please ask something smaller, or tell your administrator.
model-refused = The model declined to answer for safety reasons. Please try asking differently.
context-too-long = This conversation is longer than the model can read. Please shorten the question, or start afresh with the `new` command.
answer-too-large = The answer is too large to show. Please ask in smaller pieces.
picture-too-large = The picture is too large a file to post. Please ask for something simpler, or ask your administrator about the size limit.
picture-linked = The image server sent an address in place of the picture. I open no addresses that a model chose, so please ask your administrator to have pictures sent as `b64_json`.
picture-not-taken = I drew the picture, but Mattermost did not take the file. Please ask your administrator to check its settings for file attachments, their size limit, and the bot's permissions.
images-not-set-up = Drawing pictures is not set up here. If you need it, please ask your administrator to turn on `[images]` in askwell's configuration.
images-need-bot = Pictures are posted by a bot account, and there is none here. If you need them, please ask your administrator to set one up.
deadline-passed = The answer took too long, so I gave up. Please shorten the question, or ask again in a little while.
post-refused = I'm not allowed to post the answer in this channel. Please ask your administrator whether it is archived and whether the bot may write here.
mattermost-unreachable = I could not post the answer to Mattermost. Please ask again in a little while.
question-too-long = The question is too long. Please keep it to { $limit } characters and ask again.
question-without-text = The question holds no readable text. Please ask in words.
internal = Something went wrong on our side. Please ask again, and give the id to your administrator if it keeps happening.
gave-up = I tried several times and could not finish the answer. Please ask again, and give the id to your administrator if it keeps happening.
not-a-member = Only members of this channel get answers here. Please join it and ask again.
agent-not-for-them = You cannot ask this agent here. `agents` lists whom you can ask; for more, please contact askwell's administrator.
not-allowed = You may not ask me this where you asked it; if you need it, please contact askwell's administrator.
shutting-down = The server is restarting. Please ask again in a little while.
queue-full = Too many questions are waiting. Please ask again in a little while.
private-unavailable = I cannot send an answer that only you see from here. Please ask with the slash command in a channel.
response-expired = The time in which the answer could be delivered has passed. Please ask again.
over-budget = A budget is used up. Write `usage` to see what is left.
unpriced = There is a budget of money, and nobody knows what this model costs. Ask an administrator to write its price into askwell’s configuration.

## For whoever calls by hand

usage-no-text = Please put a question into `text`, for example `curl -d token=… -d text=Hello -d user_name=me ADDRESS`.
usage-content-type = Please send `application/x-www-form-urlencoded` or `application/json`.
usage-body-too-large = The request is too large. Please keep it to { $limit } bytes.
usage-malformed = The request cannot be read. Please check that no field is missing or given twice.
