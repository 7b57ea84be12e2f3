# What is said about budgets and about what was used.

## Whose, for what time, how much

budget-of-total = everybody’s
budget-of-person = your
budget-of-channel = this channel’s
budget-of-team = this team’s
budget-of-agent = this agent’s
budget-of-model = this model’s
budget-for-minute = this minute
budget-for-day = today
budget-for-month = this month
budget-for-ever = all time
budget-requests = { $count } questions
budget-tokens = { $count } tokens

## Beneath an answer, or in its place

budget-over = I cannot answer: { $whose } budget for { $period } is used up. It begins anew at { $resets }. If it is urgent, ask an administrator for more.
budget-over-for-ever = I cannot answer: { $whose } budget is used up. Ask an administrator for more if you need it.
budget-near = _Most of { $whose } budget for { $period } is used ({ $used } of { $limit })._
budget-turned = _The model `{ $model }` answered, because { $whose } budget for { $period } is used up._

## What was used

usage-of-person = **What you have used**
usage-of-channel = **What was used in this channel**
usage-today = - Today: { $questions } questions, { $tokens } tokens, { $cost }
usage-month = - This month: { $questions } questions, { $tokens } tokens, { $cost }
usage-budgets = **Budgets**
usage-no-budgets = No budget holds here.
usage-budget = - `{ $name }` ({ $whose }, { $period }): { $used } of { $limit }, begins anew at { $resets }
usage-budget-for-ever = - `{ $name }` ({ $whose }, all time): { $used } of { $limit }
usage-administrators = Only a channel’s administrators see what was used in it. Write `usage` to see what you have used yourself.
usage-needs-bot = Without a bot account nobody knows who administers a channel, so what was used in it cannot be shown.
usage-columns = whose | questions | calls | prompt tokens | answer tokens | cost
usage-all = everybody
usage-help = - `/{ $trigger } usage`: how much you have used, and what is left of your budgets (`usage channel` for a channel’s administrators)

## Granting more

grant-administrators = Only system administrators may grant more of a budget.
grant-by-post = Nothing is granted by a command, because it does not prove who sent it. Mention me in the channel, or write to me directly: `budget NAME +5`.
grant-form = Write it as `budget NAME +5`. For a budget of each person, add `@name`; for one of each channel, write it in that channel.
grant-no-budget = There is no budget of that name. There are: { $budgets }
grant-nobody = For whom? For a budget of each person, add `@name`; for one of each channel or team, write it there.
granted = `{ $name }` was given { $amount } more for { $period }. Now { $limit } may be used.
