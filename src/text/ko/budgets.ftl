# 예산과 사용량에 대해 하는 말.

## 누구의, 어느 동안의, 얼마

budget-of-total = 모두가 함께 쓰는
budget-of-person = 회원님의
budget-of-channel = 이 채널의
budget-of-team = 이 팀의
budget-of-agent = 이 에이전트의
budget-of-model = 이 모델의
budget-for-minute = 지금 1분
budget-for-day = 오늘
budget-for-month = 이번 달
budget-for-ever = 전체
budget-requests = 질문 { $count }개
budget-tokens = { $count }토큰

## 답변에 붙거나 답변을 대신하는 말

budget-over = { $whose } { $period } 예산을 다 써서 답하지 못했어요. { $resets }부터 다시 쓸 수 있어요. 급하면 관리자에게 예산을 더 달라고 해 주세요.
budget-over-for-ever = { $whose } 예산을 다 써서 답하지 못했어요. 필요하시면 관리자에게 예산을 더 달라고 해 주세요.
budget-near = _{ $whose } { $period } 예산을 거의 다 썼어요. ({ $limit } 가운데 { $used })_
budget-turned = _{ $whose } { $period } 예산을 다 써서 `{ $model }` 모델이 답했어요._

## 사용량

usage-of-person = **내 사용량**
usage-of-channel = **이 채널의 사용량**
usage-today = - 오늘: 질문 { $questions }개, { $tokens }토큰, { $cost }
usage-month = - 이번 달: 질문 { $questions }개, { $tokens }토큰, { $cost }
usage-budgets = **예산**
usage-no-budgets = 여기에 걸린 예산은 없어요.
usage-budget = - `{ $name }` ({ $whose } { $period }): { $limit } 가운데 { $used } 사용, { $resets }에 새로 시작
usage-budget-for-ever = - `{ $name }` ({ $whose } 전체): { $limit } 가운데 { $used } 사용
usage-administrators = 채널의 사용량은 채널 관리자만 볼 수 있어요. 내 사용량은 `사용량`이라고 쓰면 보여 드려요.
usage-needs-bot = 누가 채널 관리자인지 확인할 수 없어서 채널의 사용량은 보여 드릴 수 없어요. 봇 계정이 필요해요.
usage-columns = 대상 | 질문 | 호출 | 프롬프트 토큰 | 답변 토큰 | 비용
usage-all = 모두
usage-help = - `/{ $trigger } 사용량` : 내가 얼마나 썼고 예산이 얼마나 남았는지 보여 드려요. (`usage`도 돼요. 채널 관리자는 `채널 사용량`)

## 예산 더 주기

grant-administrators = 예산은 시스템 관리자만 더 줄 수 있어요.
grant-by-post = 예산은 명령어로는 줄 수 없어요. 명령어는 누가 보냈는지 확실히 알 수 없거든요. 채널에서 저를 멘션하거나 저에게 다이렉트 메시지로 `예산 이름 +5`라고 써 주세요.
grant-form = `예산 이름 +5` 처럼 써 주세요. 사람마다 있는 예산은 뒤에 `@이름`을 붙여 주세요. 채널마다 있는 예산은 그 채널에서 쓰면 돼요.
grant-no-budget = 그런 이름의 예산은 없어요. 있는 예산: { $budgets }
grant-nobody = 누구에게 주는지 알 수 없어요. 사람마다 있는 예산은 뒤에 `@이름`을 붙이고, 채널이나 팀마다 있는 예산은 그 채널에서 써 주세요.
granted = `{ $name }` 예산을 { $period } 동안 { $amount } 더 줬어요. 이제 { $limit }까지 쓸 수 있어요.
