# What is said about agents.

agents-heading = **Whom you can ask here**
agents-usual = - **{ $assistant }**: answers where nobody else is named
agents-of-this-channel = In this channel, `{ $name }` answers where nobody else is named.
agents-how = Name whom you ask: `/{ $trigger } with { $name } question`, or `@{ $name } question` in a channel that I am in. A thread goes on with whoever answered in it; `/{ $trigger } with default: question` asks the usual assistant.
agents-help = - `/{ $trigger } agents` shows whom else you can ask.
