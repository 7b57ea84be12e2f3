# 채널의 설정에 대해 하는 말.

channel-heading = **이 채널의 설정**
channel-how =
    {""}채널 관리자가 바꿀 수 있어요.
    - `/{ $trigger } 채널 지시: 존댓말로 짧게 답해 줘`
    - `/{ $trigger } 채널 모델: 이름` · `채널 온도: 0.2` · `채널 시간대: Asia/Seoul`
    - `/{ $trigger } 채널 듣기: 멘션`(또는 `스레드`, `모두`) · `채널 맥락: 20` · `채널 에이전트: 이름`
    - 기본값으로 되돌리려면 `/{ $trigger } 채널 모델: 기본`, 모두 되돌리려면 `/{ $trigger } 채널 초기화`
channel-changed = 바꿨어요. 다음 질문부터 적용돼요.
channel-default = 기본값
channel-administrators = 채널의 설정은 채널 관리자와 시스템 관리자만 바꿀 수 있어요.
channel-needs-bot = 여기에서는 누가 채널 관리자인지 확인할 수 없어서 바꾸지 않았어요. 봇이 들어와 있는 채널에서 다시 해 주세요.
channel-no-models = 고를 수 있는 다른 모델이 없어요. askwell 관리자가 `model.choices`에 적은 모델만 고를 수 있어요.
channel-other-models = 그 모델은 고를 수 없어요. 고를 수 있는 모델: { $models }
channel-no-agents = 고를 수 있는 에이전트가 없어요. askwell 관리자가 `[[agents]]`로 만들 수 있어요.
channel-other-agents = 그런 에이전트가 없어요. 고를 수 있는 에이전트: { $agents }
channel-no-time-zone = 그런 시간대가 없어요. `Asia/Seoul`이나 `UTC`처럼 써 주세요.
channel-prompt = 지시
channel-model = 모델
channel-temperature = 온도
channel-hears = 듣기
channel-context = 맥락
channel-time-zone = 시간대
channel-agent = 에이전트
channel-prompt-form = 지시는 4,000자까지 쓸 수 있어요. 예: `/{ $trigger } 채널 지시: 존댓말로 짧게 답해 줘`
channel-model-form = 모델은 이름으로 골라 주세요. 예: `/{ $trigger } 채널 모델: gpt-4o`
channel-temperature-form = 온도는 0부터 2까지의 수예요. 예: `/{ $trigger } 채널 온도: 0.2`
channel-hears-form = `멘션`, `스레드`, `모두` 가운데 하나를 골라 주세요. 예: `/{ $trigger } 채널 듣기: 멘션`
channel-context-form = 맥락은 0부터 100까지의 글 수예요. 예: `/{ $trigger } 채널 맥락: 20`
channel-time-zone-form = 시간대의 이름을 써 주세요. 예: `/{ $trigger } 채널 시간대: Asia/Seoul`
channel-agent-form = 에이전트의 이름을 써 주세요. 예: `/{ $trigger } 채널 에이전트: reviewer`
channel-hears-mention = 저를 멘션한 글에만 답해요
channel-hears-thread = 저를 멘션한 글과, 저에게 말을 건 사람이 그 스레드에서 이어 쓴 글에 답해요
channel-hears-all = 모든 글에 답해요
channel-context-posts = 멘션 앞의 글 { $posts }개까지 참고해요
