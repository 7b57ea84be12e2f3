# 에이전트에 대해 하는 말.

agents-heading = **여기에서 물어볼 수 있는 상대**
agents-usual = - **{ $assistant }**: 따로 이름을 부르지 않으면 답해요
agents-of-this-channel = 이 채널에서 따로 이름을 부르지 않으면 `{ $name }` 에이전트가 답해요.
agents-how = 이름을 불러서 물어보세요. `/{ $trigger } { $name }에게 질문`이라고 쓰거나, 제가 있는 채널에서 `@{ $name } 질문`이라고 써 주세요. 스레드에서는 앞에서 답한 상대가 이어서 답해요. 기본 상대에게는 `/{ $trigger } 기본에게: 질문`이라고 쓰면 돼요.
agents-help = - `/{ $trigger } 에이전트` : 또 누구에게 물어볼 수 있는지 보여 드려요. (`agents`도 돼요.)
