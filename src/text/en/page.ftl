# What the page for administrators says, and what is said in the chat about it.

## Around every page

word-navigation = Pages
word-skip-to-content = Skip to the content
word-sign-out = Sign out
word-group-now = Now
word-group-use = Use
word-group-set-up = Set-up

## The door

word-sign-in = Open the page for administrators
word-sign-in-more = This link is good once. The page then stays open in this browser for up to eight hours.
word-open-the-page = Open the page
word-signed-out-now = You are not signed in
word-how-to-sign-in = Type the slash command with the word admin in Mattermost, as in /askgpt admin. A system administrator is sent a link there, as a direct message.
word-link-spent = This link is good no more
word-link-spent-more = It was used already, was given out more than five minutes ago, or a newer one took its place. Ask for another one in Mattermost.
word-too-many = Too many tries
word-too-many-more = Wait a minute, and then ask for another link in Mattermost.
word-role-unknown = Mattermost does not answer
word-role-unknown-more = It cannot be learnt whether you still administer it. Try again when it answers.
word-store-failed = The database does not answer
word-store-failed-more = The log says why. What is answered meanwhile waits as well.
word-form-refused = This was not sent from the page
word-form-refused-more = Nothing was done. Go back, load the page again, and try once more.
word-no-such-page = There is no such page
word-no-such-page-more = It may have been about something that is here no more.

## The overview

word-overview = Overview
word-right-now = Right now
word-as-of = as of
word-last-day = The last 24 hours
word-first-word = First word
word-whole-answer = Whole answer
word-most-within = 95 % within
word-half-within = half within
word-tokens = Tokens
word-prompt-and-answer = prompts → answers
word-questions-by-hour = Questions by hour
word-first-word-by-hour = Time to the first word, by hour
word-as-table = As a table
word-hour = Hour
word-last-failures = Last failures
word-ended-otherwise = Stopped or refused

## Answers in progress

word-in-progress = In progress
word-in-progress-more = Answers that somebody waits for, the oldest first.
word-nothing-in-progress = Nobody waits for an answer.
word-state = State
word-since = For
word-attempt = Try
word-stop = Stop
word-running = Being written
word-waiting = Waiting
word-stopping = Being stopped
word-only-the-first = There are more than are listed:

## Questions

word-questions = Questions
word-questions-more = Who asked where, and how it ended; what was said is not shown here.
word-nothing-yet = There is nothing here yet.
word-asked-at = Asked at
word-asker = Who
word-channel = Channel
word-agent = Agent
word-model = Model
word-took = Took
word-id = Id
word-whole-id = Whole id
word-older = Older
word-outcome = Outcome
word-runs = How it came about
word-begun-at = Begun at
word-finish = Finished by
word-failed-calls = Failed calls
word-what-was-said = What was said
word-question = Question
word-answer = Answer
word-no-answer = There is no answer.
word-look = Show it
word-look-more = It is people's. That you looked is written down in the audit trail.
word-texts-left-out = It is not shown here: show_texts in [admin] is off.
word-not-ended = In progress
word-answered = Answered
word-cut-short = Cut short
word-interrupted = Interrupted
word-stopped = Stopped
word-refused = Refused
word-failed = Failed
word-withdrawn = Deleted by the asker
word-ignored = Not for us

## Budgets and usage

word-budgets = Budgets
word-budgets-more = What may be used, and how much of it is. Several may hold at once, and then all of them do.
word-no-budgets = No budgets are configured. A [[budget]] in askwell.toml makes one.
word-account = Account
word-for-all = everybody together
word-taken = Used or reserved
word-limit = Limit
word-granted = Granted besides
word-begins-anew = Begins anew
word-grant = Grant
word-amount = How much more
word-only-top = The accounts of which most is taken; others have used less.
word-not-used = Nothing was used of it in this period.
word-granting = Give more for this period
word-no-amount = That is no amount
word-no-amount-more = Write a whole number, or dollars as in 5 or 2.50, greater than nothing. Go back and try again.
word-counts-requests = questions
word-counts-tokens = tokens
word-each-minute = each minute
word-each-day = each day
word-each-month = each month
word-for-ever = for ever
word-of-total = everybody
word-of-person = each person
word-of-channel = each channel
word-of-team = each team
word-of-agent = each agent
word-of-model = each model
word-usage = Usage
word-usage-more = What was used, as exact as the ledger. Days are those of the installation's time zone.
word-by = By
word-span = Days
word-span-today = today
word-span-month = this month
word-by-total = all together
word-by-person = person
word-by-channel = channel
word-by-team = team
word-by-agent = agent
word-by-model = model
word-whose = Whose
word-calls = Calls
word-prompt-tokens = Prompt tokens
word-answer-tokens = Answer tokens
word-cost = Cost
word-cost-today = Cost today
word-this-month = this month

## Models

word-models = Models
word-models-more = How each does as this process has seen it since it started. A model that fails again and again is left alone for a while, and the next one of its route is asked.
word-model-asked = Well
word-model-failing = Failing
word-model-resting = Left alone
word-first-word-most = First word, 95 % within
word-writing = Writing now
word-window = Window, tokens

## Channels and agents

word-channels = Channels and agents
word-channels-more = What channels do otherwise than everywhere, as people there said it or as it is configured.
word-no-customs = Every channel does as everywhere.
word-agents = Agents
word-no-agents = No agents are configured.
word-name = Name
word-about = About
word-who-may-ask = Who may ask
word-everybody = everybody
word-everywhere = everywhere
word-the-configuration = the configuration
word-setting-prompt = Instructions
word-setting-temperature = Temperature
word-setting-hearing = Hears
word-setting-context = Posts told
word-setting-time-zone = Time zone

## Failures

word-failures = Failures
word-failures-more = People were given the id to quote. The last failure stands first.
word-no-failures = Nothing has failed.
word-when = When
word-failure = Failure
word-what-to-do = What to do

## What to do about a failure

word-remedy-key-refused = The provider refuses the key. Give the model another one.
word-remedy-model-unknown = The server does not know the model. Correct its name.
word-remedy-rate-limited = The provider takes no more requests for a while. Raise its limit, add a key or a fallback.
word-remedy-quota-spent = The provider's account has no credit left. Top it up, or add a fallback.
word-remedy-unavailable = The model's server cannot be reached or fails. Look at it, and add a fallback.
word-remedy-first-token-timeout = The model began too late. Look at how busy it is, or allow it more time.
word-remedy-idle-timeout = The model fell silent in the middle. Look at its server and any proxy before it.
word-remedy-total-timeout = The answer took longer than it may. Allow more time, or shorter answers.
word-remedy-context-too-long = The question does not fit the model. Correct its window, or take a model with a larger one.
word-remedy-request-refused = The server refuses the request. askwell models test says what it does not take.
word-remedy-filtered = The provider's filter withheld the answer. Nothing is to be done here.
word-remedy-broken = The connection to the model broke. Look at its server and any proxy before it.
word-remedy-garbled = The server answered with something that is no completion. Look at its address and protocol.
word-remedy-empty = The model wrote nothing. Try another model.
word-remedy-only-reasoned = The model spent all its tokens on reasoning. Allow longer answers, or less effort.
word-remedy-too-large = The model sent more than is taken. Look at what its server sends.
word-remedy-picture = The picture could not be used. Have the server send smaller ones, in Base64.
word-remedy-over-budget = A budget is used up. Grant more on the page about budgets, or give it another model for then.
word-remedy-unpriced = A budget counts money, and nobody knows what the model costs. Write its price, or what to take instead.
word-remedy-unmetered = What it would use could not be written down. Look at the database.
word-remedy-picture-not-taken = Mattermost takes no such picture. Look at its limit for files.
word-remedy-deadline = It was not answered in time. Look at how much waits, and how fast the models are.
word-remedy-abandoned = The process died over it again and again. Please report it with the log.
word-remedy-internal = A defect of askwell. The log has more under this id; please report it.

## Dead letters

word-dead-letters = Dead letters
word-dead-more = Answers that could be shown to nobody. Once the reason is gone, have them delivered again.
word-no-dead = Every answer was delivered.
word-why = Why
word-try-again = Deliver again

## The audit trail

word-audit-trail = Audit trail
word-audit-more = Who did what, when. Entries are never changed, and tied to each other by hashes: askwell audit verify proves it.
word-number = No.
word-who = Who
word-action = Action
word-subject = Subject
word-detail = Detail
word-hash = Hash
word-all = all
word-show = Show
word-action-signed-in = signed in
word-action-sign-in-refused = was refused
word-action-signed-out = signed out
word-action-answer-stopped = stopped an answer
word-action-text-looked-at = looked at texts
word-action-dead-letter-retried = had an answer delivered again
word-action-budget-granted = granted a budget
word-action-channel-changed = changed a channel
word-action-configuration-changed = changed the configuration
word-action-forgotten = had conversations forgotten
word-action-keys-rotated = rotated keys
word-action-backup-made = made a backup
word-action-backup-restored = restored a backup
word-action-exported = exported

## Settings

word-settings = Settings
word-settings-more = What is in force, and where each value comes from. Secrets are left out.
word-by-default = by default

## With arguments

page-off = The page for administrators is turned off, or could not be opened on this machine.
page-by-command = Type `/{ $trigger } admin` in Mattermost: the link to the page for administrators is sent to you as a direct message.
page-not-for-you = The page for administrators is for system administrators only.
page-link = [Open the page for administrators]({ $link })
    The link is good once, for five minutes, and for you alone. If you did not ask for it, leave it be and tell whoever runs askwell.
page-link-sent = The link to the page for administrators was sent to you as a direct message.
page-rests-for = for { $wait } more ({ $word })
page-characters = { $count } characters
page-from = from { $name }
