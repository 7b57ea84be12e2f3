# 사람에게 보이는 askwell의 모든 문장. 해요체로, 짧고 친절하게.
# 오류는 무슨 일이 있었는지와 무엇을 하면 되는지를 함께 말해요.

## 도움말과 안내

help =
    {""}**{ $assistant } 사용법**
    - `/{ $trigger } 질문` : 질문하면 여기에서 답해 드려요. 이어서 물으면 앞의 대화를 기억해요.
    - `/{ $trigger } 나만: 질문` : 질문한 사람에게만 보이게 답해요. (`private: 질문`도 돼요.)
    - `/{ $trigger } 새로` : 앞의 대화를 잊고 새로 시작해요. (`new`도 돼요.)
    - `/{ $trigger } 그만` : 내 질문에 쓰고 있는 답변을 멈춰요. (`stop`도 돼요.)
    - `/{ $trigger } 채널` : 이 채널에서 쓰는 지시와 모델 따위를 보고 바꿔요. (`channel`도 돼요.)
    - `/{ $trigger } 도움말` : 이 안내를 보여 드려요. (`help`도 돼요.)
help-images = - `/{ $trigger } 그림: 설명` : 설명대로 그림을 그려 드려요. (`image: 설명`도 돼요.)
nothing-asked = 무엇이든 물어보세요. 예: `/{ $trigger } 회의록 잘 쓰는 법 알려줘` · 전체 사용법은 `/{ $trigger } 도움말`
working = 답변을 준비하고 있어요. 잠시만 기다려 주세요.
working-privately = 질문하신 분에게만 보이는 답변을 준비하고 있어요. 잠시만 기다려 주세요.
conversation-begun = 새 대화를 시작할게요. 앞의 대화는 이제 참고하지 않아요.
stopped = 쓰고 있던 답변 { $count }개를 멈췄어요.
nothing-to-stop = 지금 멈출 답변이 없어요.

## 답변에 붙는 말

answer-stopped = _요청하신 대로 여기서 답변을 멈췄어요._
answer-cut-at-length = _길이 제한 때문에 답변이 여기서 끊겼어요. 나머지가 필요하시면 그 부분만 다시 물어봐 주세요._
answer-went-on = _한 모델이 쓰다가 멈춰서, 다른 모델이 이어서 썼어요._
thinking = _생각하는 중 ({ $seconds }초)_
drawing = _그리는 중_
picture-drawn = 그림을 그렸어요.
file-too-large = _`{ $name }` 파일이 너무 커서 읽지 못했어요._
file-encrypted = _`{ $name }` 파일에 암호가 걸려 있어서 읽지 못했어요._
file-unsupported = _`{ $name }` 파일은 읽을 수 없는 종류예요._
file-broken = _`{ $name }` 파일에서 읽을 수 있는 글을 찾지 못했어요._
file-too-hard = _`{ $name }` 파일을 읽는 데 너무 오래 걸려서 그만두었어요._
file-unavailable = _`{ $name }` 파일을 가져오지 못했어요._
file-unheard = _`{ $name }` 녹음을 지금은 받아쓰지 못했어요._
file-unseen = _`{ $name }` 파일은 이미지인데, 여기 모델은 이미지를 보지 못해요._
file-cut = _`{ $name }` 파일이 길어서 앞부분만 읽었어요._
file-too-many = _`{ $name }` 파일부터는 읽지 않았어요. 한 번에 열 개까지만 읽어요._
answer-interrupted = _답변이 여기서 중단되었어요. 다시 물어봐 주세요._
question-deleted = _질문이 삭제되어서 답변을 멈췄어요._
was-away = 질문하셨을 때 제가 자리를 비우고 있었어요. 아직 답이 필요하시면 다시 물어봐 주세요.
answer-withheld = _모델이 안전 기준에 따라 나머지 답변을 보여 주지 않았어요. 질문을 바꿔서 다시 물어봐 주세요._
continued = _(이어서)_
earlier-kept = _새 답변을 쓰지 못해서 앞의 답변을 그대로 두었어요. { $reason }_
earlier-kept-stopped = _새 답변을 쓰기 전에 멈춰서 앞의 답변을 그대로 두었어요._
answered-directly = 질문하신 채널에는 답변을 올릴 수 없어서, 이 메시지로만 알려 드려요.

## 버튼에 적힌 말과 버튼을 누른 사람에게 하는 말

button-stop = ■ 멈추기
button-stopping = 멈추는 중…
button-regenerate = ↻ 다시 쓰기
button-continue = 이어 쓰기
not-yours = 질문하신 분과 관리자만 할 수 있어요.
button-expired = 오래된 버튼이라 이제 쓸 수 없어요. 다시 물어봐 주세요.
control-failed = 지금은 처리하지 못했어요. 잠시 뒤에 다시 해 주세요.

## 오류

error = 오류 발생: { $reason } (문의 번호 { $id })
model-key-rejected = 모델 서버가 API 키를 받아 주지 않았어요. 관리자에게 키 확인을 요청해 주세요.
model-not-found = 설정된 모델을 모델 서버에서 찾을 수 없어요. 관리자에게 모델 이름 확인을 요청해 주세요.
model-rate-limited = 지금 모델 서버에 요청이 너무 많아요. 잠시 뒤에 다시 물어봐 주세요.
model-quota-exhausted = 모델 서버의 사용 한도를 다 썼어요. 관리자에게 한도 확인을 요청해 주세요.
model-unreachable = 모델 서버에 연결할 수 없거나 서버가 응답하지 않아요. 잠시 뒤에 다시 물어보시고, 문제가 계속되면 관리자에게 알려 주세요.
model-failed = 모델 서버에 문제가 생겼어요. 잠시 뒤에 다시 물어보시고, 문제가 계속되면 관리자에게 알려 주세요.
model-rejected-request = 모델 서버가 요청을 받아들이지 않았어요. 질문을 바꿔 보시고, 문제가 계속되면 관리자에게 알려 주세요.
model-slow-to-begin = 모델이 제때 답변을 시작하지 않았어요. 잠시 뒤에 다시 물어봐 주세요.
model-fell-silent = 모델이 답변하다가 응답을 멈췄어요. 다시 물어봐 주세요.
model-answered-nothing = 모델이 빈 답변을 보냈어요. 질문을 조금 바꿔서 다시 물어봐 주세요.
model-only-reasoned = 모델이 생각하는 데 허용된 길이를 다 써서 답변을 쓰지 못했어요. 질문을 더 작게 나누어 물어보거나 관리자에게 알려 주세요.
model-refused = 모델이 안전 기준에 따라 답변하지 않았어요. 질문을 바꿔서 다시 물어봐 주세요.
context-too-long = 대화가 모델이 읽을 수 있는 길이를 넘었어요. 질문을 줄이거나 `새로` 명령어로 새 대화를 시작해 주세요.
answer-too-large = 답변이 너무 커서 다 보여 드릴 수 없어요. 질문을 나누어 물어봐 주세요.
picture-too-large = 그림 파일이 너무 커서 올리지 않았어요. 더 단순하게 그려 달라고 하거나 관리자에게 크기 제한을 확인해 달라고 해 주세요.
picture-linked = 그림 서버가 그림 대신 주소를 보냈어요. 모델이 고른 주소는 열지 않으니, 관리자에게 그림을 `b64_json`으로 보내게 설정해 달라고 해 주세요.
picture-not-taken = 그림은 그렸지만 Mattermost가 파일을 받아 주지 않았어요. 관리자에게 파일 첨부 설정과 크기 제한, 봇의 권한을 확인해 달라고 해 주세요.
images-not-set-up = 여기서는 그림을 그리도록 설정되어 있지 않아요. 필요하시면 관리자에게 askwell 설정의 `[images]`를 켜 달라고 해 주세요.
images-need-bot = 그림은 봇 계정이 있어야 올릴 수 있는데, 여기에는 없어요. 필요하시면 관리자에게 봇 계정을 설정해 달라고 해 주세요.
deadline-passed = 답변이 너무 오래 걸려서 중단했어요. 질문을 줄이거나 잠시 뒤에 다시 물어봐 주세요.
post-refused = 이 채널에 답변을 올릴 수 없어요. 보관된 채널인지, 봇에게 글을 쓸 권한이 있는지 관리자에게 확인해 주세요.
mattermost-unreachable = Mattermost에 답변을 올리지 못했어요. 잠시 뒤에 다시 물어봐 주세요.
question-too-long = 질문이 너무 길어요. { $limit }자 이하로 줄여서 다시 물어봐 주세요.
question-without-text = 질문에 읽을 수 있는 글자가 없어요. 글로 써서 다시 물어봐 주세요.
internal = 저희 쪽에서 문제가 생겼어요. 다시 물어보시고, 문제가 계속되면 문의 번호를 관리자에게 알려 주세요.
gave-up = 여러 번 시도했지만 답변을 완성하지 못했어요. 다시 물어보시고, 문제가 계속되면 문의 번호를 관리자에게 알려 주세요.
not-a-member = 이 채널의 멤버만 여기에서 답변을 받을 수 있어요. 채널에 참여한 뒤 다시 물어봐 주세요.
agent-not-for-them = 여기에서는 이 에이전트에게 물어볼 수 없어요. `에이전트`라고 쓰면 물어볼 수 있는 상대를 보여 드려요. 더 필요하면 askwell 관리자에게 문의해 주세요.
not-allowed = 질문하신 곳에서는 이 질문에 답해 드릴 수 없게 정해져 있으니, 필요하시면 askwell 관리자에게 문의해 주세요.
shutting-down = 서버가 다시 시작하는 중이에요. 잠시 뒤에 다시 물어봐 주세요.
queue-full = 기다리는 질문이 너무 많아요. 잠시 뒤에 다시 물어봐 주세요.
private-unavailable = 여기서는 질문하신 분에게만 보이는 답변을 보낼 수 없어요. 채널에서 슬래시 명령어로 물어봐 주세요.
response-expired = 답변을 보낼 수 있는 시간이 지났어요. 다시 물어봐 주세요.
over-budget = 예산을 다 써서 답하지 못했어요. 얼마나 남았는지는 `사용량`이라고 쓰면 보여 드려요.
unpriced = 비용 예산이 있는데 이 모델의 가격을 몰라서 답하지 못했어요. 관리자에게 askwell 설정에 가격을 적어 달라고 해 주세요.

## 직접 호출할 때

usage-no-text = `text`에 질문을 넣어 주세요. 예: `curl -d token=… -d text=안녕하세요 -d user_name=me 주소`
usage-content-type = `application/x-www-form-urlencoded`나 `application/json`으로 보내 주세요.
usage-body-too-large = 요청이 너무 커요. { $limit }바이트 이하로 보내 주세요.
usage-malformed = 요청을 읽을 수 없어요. 필드가 빠지거나 겹치지 않았는지 확인해 주세요.
