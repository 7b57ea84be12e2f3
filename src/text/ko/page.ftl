# 관리 페이지에 쓰는 말과 그 페이지에 대해 채팅에서 하는 말.

## Around every page

word-navigation = 메뉴
word-skip-to-content = 본문으로 건너뛰기
word-sign-out = 로그아웃
word-group-now = 지금
word-group-use = 사용
word-group-set-up = 설정과 기록

## The door

word-sign-in = 관리 페이지 열기
word-sign-in-more = 이 링크는 한 번만 쓸 수 있어요. 열고 나면 이 브라우저에서 최대 8시간 동안 볼 수 있어요.
word-open-the-page = 페이지 열기
word-signed-out-now = 로그인되어 있지 않아요
word-how-to-sign-in = Mattermost에서 /askgpt 관리(또는 /askgpt admin)를 입력해 주세요. 시스템 관리자에게 다이렉트 메시지로 링크를 보내 드려요.
word-link-spent = 더는 쓸 수 없는 링크예요
word-link-spent-more = 이미 썼거나, 받은 지 5분이 지났거나, 새 링크를 받은 뒤예요. Mattermost에서 다시 받아 주세요.
word-too-many = 시도가 너무 많아요
word-too-many-more = 1분 뒤에 Mattermost에서 새 링크를 받아 주세요.
word-role-unknown = Mattermost가 응답하지 않아요
word-role-unknown-more = 지금도 관리자이신지 확인할 수 없어요. Mattermost가 응답하면 다시 시도해 주세요.
word-store-failed = 데이터베이스가 응답하지 않아요
word-store-failed-more = 이유는 로그에 있어요. 그동안 답변도 기다리고 있어요.
word-form-refused = 관리 페이지에서 보낸 요청이 아니에요
word-form-refused-more = 아무것도 하지 않았어요. 뒤로 가서 페이지를 새로 고친 뒤 다시 해 주세요.
word-no-such-page = 없는 페이지예요
word-no-such-page-more = 이제는 없는 것에 대한 페이지였을 수 있어요.

## The overview

word-overview = 개요
word-right-now = 지금 상황
word-as-of = 기준 시각
word-last-day = 최근 24시간
word-first-word = 첫 글자까지
word-whole-answer = 답변 전체
word-most-within = 95% 이내
word-half-within = 절반 이내
word-tokens = 토큰
word-prompt-and-answer = 질문 → 답변
word-questions-by-hour = 시간별 질문
word-first-word-by-hour = 시간별 첫 글자까지 걸린 시간
word-as-table = 표로 보기
word-hour = 시각
word-last-failures = 최근 실패
word-ended-otherwise = 중지·거절

## Answers in progress

word-in-progress = 진행 중
word-in-progress-more = 기다리는 사람이 있는 답변이에요. 오래된 것부터 보여 드려요.
word-nothing-in-progress = 기다리는 답변이 없어요.
word-state = 상태
word-since = 지난 시간
word-attempt = 시도 횟수
word-stop = 중지
word-running = 작성 중
word-waiting = 대기 중
word-stopping = 중지하는 중
word-only-the-first = 이보다 더 있어요. 보여 드린 개수:

## Questions

word-questions = 질문
word-questions-more = 누가 어디에서 물었고 어떻게 끝났는지 보여 드려요. 주고받은 글은 여기에 없어요.
word-nothing-yet = 아직 아무것도 없어요.
word-asked-at = 물은 시각
word-asker = 물은 사람
word-channel = 채널
word-agent = 에이전트
word-model = 모델
word-took = 걸린 시간
word-id = 문의 번호
word-whole-id = 전체 번호
word-older = 이전 것 보기
word-outcome = 결과
word-runs = 답변이 만들어진 과정
word-begun-at = 시작한 시각
word-finish = 끝난 이유
word-failed-calls = 실패한 호출
word-what-was-said = 주고받은 글
word-question = 질문 내용
word-answer = 답변 내용
word-no-answer = 답변이 없어요.
word-look = 보기
word-look-more = 다른 사람이 쓴 글이에요. 보면 감사 기록에 남아요.
word-texts-left-out = 여기에서는 볼 수 없어요. [admin]의 show_texts가 꺼져 있어요.
word-not-ended = 진행 중
word-answered = 답변함
word-cut-short = 길이 제한으로 끊김
word-interrupted = 중간에 끊김
word-stopped = 중지됨
word-refused = 거절함
word-failed = 실패
word-withdrawn = 질문이 삭제됨
word-ignored = 우리에게 한 질문이 아님

## Budgets and usage

word-budgets = 예산
word-budgets-more = 얼마나 쓸 수 있고 얼마나 썼는지 보여 드려요. 여러 예산이 함께 걸리면 모두 지켜야 해요.
word-no-budgets = 설정한 예산이 없어요. askwell.toml에 [[budget]]을 써서 정할 수 있어요.
word-account = 계정
word-for-all = 모두 합쳐서
word-taken = 썼거나 예약한 양
word-limit = 한도
word-granted = 더 준 양
word-begins-anew = 다시 시작하는 때
word-grant = 더 주기
word-amount = 더 줄 양
word-only-top = 가장 많이 쓴 계정이에요. 나머지는 이보다 적게 썼어요.
word-not-used = 이번 기간에는 아직 쓰지 않았어요.
word-granting = 이번 기간에 더 주기
word-no-amount = 양을 알 수 없어요
word-no-amount-more = 0보다 큰 정수를, 돈이면 5나 2.50처럼 달러로 써 주세요. 뒤로 가서 다시 해 주세요.
word-counts-requests = 질문 수
word-counts-tokens = 토큰
word-each-minute = 1분마다
word-each-day = 하루마다
word-each-month = 한 달마다
word-for-ever = 처음부터 끝까지
word-of-total = 모두
word-of-person = 사람마다
word-of-channel = 채널마다
word-of-team = 팀마다
word-of-agent = 에이전트마다
word-of-model = 모델마다
word-usage = 사용량
word-usage-more = 원장 그대로의 사용량이에요. 날짜는 설치된 곳의 시간대를 따라요.
word-by = 기준
word-span = 기간
word-span-today = 오늘
word-span-month = 이번 달
word-by-total = 전체
word-by-person = 사람
word-by-channel = 채널
word-by-team = 팀
word-by-agent = 에이전트
word-by-model = 모델
word-whose = 대상
word-calls = 호출
word-prompt-tokens = 질문 토큰
word-answer-tokens = 답변 토큰
word-cost = 비용
word-cost-today = 오늘 비용
word-this-month = 이번 달

## Models

word-models = 모델
word-models-more = 이 프로세스가 시작된 뒤 본 상태예요. 거듭 실패하는 모델은 잠시 쉬게 하고 경로의 다음 모델에 물어봐요.
word-model-asked = 정상
word-model-failing = 실패하는 중
word-model-resting = 쉬는 중
word-first-word-most = 첫 글자까지(95% 이내)
word-writing = 작성 중인 답변
word-window = 컨텍스트(토큰)

## Channels and agents

word-channels = 채널과 에이전트
word-channels-more = 다른 곳과 다르게 정한 채널이에요. 채널에서 정했거나 설정에 적힌 것이에요.
word-no-customs = 모든 채널이 기본 설정을 따라요.
word-agents = 에이전트
word-no-agents = 설정한 에이전트가 없어요.
word-name = 이름
word-about = 설명
word-who-may-ask = 물어볼 수 있는 사람
word-everybody = 모두
word-everywhere = 모든 채널
word-the-configuration = 설정 파일
word-setting-prompt = 지시
word-setting-temperature = 온도
word-setting-hearing = 듣기
word-setting-context = 알려 주는 글 수
word-setting-time-zone = 시간대

## Failures

word-failures = 실패
word-failures-more = 질문한 사람에게도 같은 문의 번호를 알려 드렸어요. 최근 것부터 보여 드려요.
word-no-failures = 실패한 것이 없어요.
word-when = 언제
word-failure = 실패 종류
word-what-to-do = 할 일

## What to do about a failure

word-remedy-key-refused = 제공자가 API 키를 거절해요. 모델에 다른 키를 넣어 주세요.
word-remedy-model-unknown = 서버가 이 모델을 몰라요. 모델 이름을 고쳐 주세요.
word-remedy-rate-limited = 제공자의 요청 제한에 걸렸어요. 한도를 늘리거나 키나 예비 모델을 더해 주세요.
word-remedy-quota-spent = 제공자 계정의 잔액이 없어요. 충전하거나 예비 모델을 더해 주세요.
word-remedy-unavailable = 모델 서버에 연결할 수 없거나 서버에 오류가 있어요. 서버를 살펴보고 예비 모델을 더해 주세요.
word-remedy-first-token-timeout = 모델이 너무 늦게 시작했어요. 서버가 바쁜지 보거나 기다리는 시간을 늘려 주세요.
word-remedy-idle-timeout = 모델이 쓰다가 멈췄어요. 모델 서버와 그 앞의 프록시를 살펴봐 주세요.
word-remedy-total-timeout = 답변이 허용 시간을 넘겼어요. 시간을 늘리거나 답변을 짧게 해 주세요.
word-remedy-context-too-long = 질문이 모델에 다 들어가지 않아요. 컨텍스트 크기를 고치거나 더 큰 모델을 써 주세요.
word-remedy-request-refused = 서버가 요청을 거절해요. askwell models test로 무엇이 문제인지 볼 수 있어요.
word-remedy-filtered = 제공자의 필터가 답변을 막았어요. 여기서 할 일은 없어요.
word-remedy-broken = 모델과의 연결이 끊겼어요. 모델 서버와 그 앞의 프록시를 살펴봐 주세요.
word-remedy-garbled = 서버가 알 수 없는 응답을 보냈어요. 주소와 프로토콜을 확인해 주세요.
word-remedy-empty = 모델이 아무것도 쓰지 않았어요. 다른 모델을 써 보세요.
word-remedy-only-reasoned = 모델이 토큰을 추론에 다 썼어요. 답변 길이를 늘리거나 추론을 줄여 주세요.
word-remedy-too-large = 모델이 너무 많은 데이터를 보냈어요. 서버가 무엇을 보내는지 살펴봐 주세요.
word-remedy-picture = 그림을 쓸 수 없었어요. 서버가 더 작은 그림을 Base64로 보내게 해 주세요.
word-remedy-over-budget = 예산을 다 썼어요. 예산 페이지에서 더 주거나, 다 쓴 뒤에 쓸 모델을 정해 주세요.
word-remedy-unpriced = 돈으로 세는 예산이 있는데 모델의 가격을 몰라요. 가격을 쓰거나 대신 쓸 값을 정해 주세요.
word-remedy-unmetered = 사용량을 적을 수 없었어요. 데이터베이스를 살펴봐 주세요.
word-remedy-picture-not-taken = Mattermost가 이 그림을 받지 않아요. 파일 제한을 확인해 주세요.
word-remedy-deadline = 제때 답하지 못했어요. 얼마나 밀려 있는지, 모델이 얼마나 빠른지 살펴봐 주세요.
word-remedy-abandoned = 이 질문을 처리하다가 프로세스가 거듭 멈췄어요. 로그와 함께 알려 주세요.
word-remedy-internal = askwell의 결함이에요. 로그에서 이 번호를 찾아 함께 알려 주세요.

## Dead letters

word-dead-letters = 전하지 못한 답변
word-dead-more = 아무에게도 보여 주지 못한 답변이에요. 원인을 해결한 뒤 다시 전해 주세요.
word-no-dead = 모든 답변을 전했어요.
word-why = 이유
word-try-again = 다시 전하기

## The audit trail

word-audit-trail = 감사 기록
word-audit-more = 누가 언제 무엇을 했는지 남긴 기록이에요. 바꿀 수 없고 해시로 이어져 있어요. askwell audit verify로 확인할 수 있어요.
word-number = 번호
word-who = 누가
word-action = 무엇을
word-subject = 대상
word-detail = 내용
word-hash = 해시
word-all = 모두
word-show = 보기
word-action-signed-in = 로그인
word-action-sign-in-refused = 로그인 거절
word-action-signed-out = 로그아웃
word-action-answer-stopped = 답변 중지
word-action-text-looked-at = 글 열람
word-action-dead-letter-retried = 답변 다시 전하기
word-action-budget-granted = 예산 추가
word-action-channel-changed = 채널 설정 변경
word-action-configuration-changed = 설정 변경
word-action-forgotten = 대화 삭제
word-action-keys-rotated = 키 교체
word-action-backup-made = 백업
word-action-backup-restored = 백업 복원
word-action-exported = 내보내기

## Settings

word-settings = 현재 설정
word-settings-more = 지금 쓰고 있는 값과 그 출처예요. 비밀 값은 보여 드리지 않아요.
word-by-default = 기본값

## With arguments

page-off = 관리 페이지가 꺼져 있거나 이 서버에서 열지 못했어요.
page-by-command = Mattermost에서 `/{ $trigger } 관리`라고 입력해 주세요. 관리 페이지 링크는 다이렉트 메시지로 보내 드려요.
page-not-for-you = 관리 페이지는 시스템 관리자만 열 수 있어요.
page-link = [관리 페이지 열기]({ $link })
    이 링크는 5분 안에 한 번만, 본인만 쓸 수 있어요. 요청하지 않으셨다면 열지 말고 askwell 운영자에게 알려 주세요.
page-link-sent = 관리 페이지 링크를 다이렉트 메시지로 보냈어요.
page-rests-for = { $wait } 더 쉬어요 ({ $word })
page-characters = { $count }자
page-from = { $name }에서
