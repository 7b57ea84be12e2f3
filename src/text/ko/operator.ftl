# askwell을 운영하는 사람이 터미널과 로그에서 보는 문장. 무슨 일이고 무엇을 하면 되는지 말해요.

configuration-complete = 설정에 문제가 없어요.

## 전하지 못한 답변

no-dead-letters = 전하지 못한 답변이 없어요.
more-dead-letters = … 이 밖에도 더 있어요.
dead-letters-revived = 답변 { $count }개를 다시 전해 볼게요.
no-such-dead-letter = 전하지 못한 답변 중에 문의 번호가 { $id }인 것이 없어요. `askwell dead list`로 볼 수 있어요.
no-such-model = { $id }라는 모델이 없어요. 있는 모델: { $known }
not-a-quoted-id = { $id }: 문의 번호가 아니에요. 문의 번호는 0-9와 a-f로 된 10자예요.
undeliverable-refused = Mattermost가 답변을 올리지 못하게 했어요
undeliverable-out-of-reach = 하루 동안 Mattermost에 올릴 수 없었어요
undeliverable-deadly = 답변을 전하던 프로세스가 거듭 멈췄어요
undeliverable-unknown = 이유를 알 수 없어요

## 시작하지 못했을 때

directory-missing = 데이터베이스를 둘 디렉터리가 없어요: { $path }
directory-missing-remedy = 디렉터리를 만들거나 ASKWELL_DATABASE에 다른 파일을 적어 주세요(sqlite:경로).
file-refused = 데이터베이스 파일을 열 수 없어요: { $path }
file-refused-remedy = askwell을 실행하는 사용자가 이 파일과 디렉터리를 읽고 쓸 수 있게 해 주세요.
served-already = 다른 askwell이 이 데이터베이스 파일을 쓰고 있어요: { $path }
served-already-remedy = 그 프로세스를 끝내거나 이 프로세스에 다른 파일을 정해 주세요. 여러 프로세스가 함께 쓰려면 PostgreSQL 데이터베이스가 필요해요.
damaged = 데이터베이스 파일이 손상되었거나 데이터베이스가 아니에요: { $path }
damaged-remedy = 백업에서 되살리거나, 이 파일과 옆의 -wal, -shm 파일을 옮겨 두고 빈 데이터베이스로 시작해 주세요.
seal-key-missing = 데이터베이스의 글을 암호화한 키가 없어요: { $names }
seal-key-missing-remedy = 그 키를 database.seal_key(ASKWELL_SEAL_KEY)에 넣거나, 전에 쓰던 키라면 `askwell keys rotate`가 끝날 때까지 database.seal_keys_old에 넣어 주세요. 아무것도 바꾸지 않았어요. 키가 없으면 그 글은 아무도 읽을 수 없어요.
newer-database = askwell의 다른 버전이 만든 데이터베이스예요(마이그레이션 { $version }).
newer-database-remedy = 더 새로운 askwell을 다시 실행하거나, 업그레이드하기 전의 백업을 되살려 주세요.
address-unreadable = 데이터베이스 주소를 읽을 수 없어요.
address-unreadable-remedy = postgres://사용자:암호@호스트:5432/데이터베이스 형식으로 적어 주세요. 암호의 특수 문자는 %로 인코딩해야 해요.
database-unreachable = 데이터베이스 서버에 연결할 수 없어요.
database-unreachable-remedy = ASKWELL_DATABASE의 호스트와 포트가 맞는지, PostgreSQL이 실행 중인지, 방화벽에 막혀 있지 않은지 확인해 주세요.
login-refused = 데이터베이스 서버에 로그인할 수 없어요.
login-refused-remedy = ASKWELL_DATABASE의 사용자와 암호, 서버의 pg_hba.conf를 확인해 주세요.
database-missing = 서버에 그런 데이터베이스가 없어요.
database-missing-remedy = CREATE DATABASE로 만들거나 ASKWELL_DATABASE의 이름을 고쳐 주세요.
database-unusable = 데이터베이스를 준비할 수 없어요.
database-unusable-remedy = 디스크에 자리가 있는지, 데이터베이스가 읽기 전용이 아닌지, 사용자가 테이블을 만들 수 있는지 확인해 주세요.
store-failed = 데이터베이스를 쓸 수 없어요.
store-failed-remedy = 디스크에 자리가 있는지, 데이터베이스에 쓸 수 있는지 확인해 주세요.
mattermost-unasked = Mattermost에 물어보지 못했어요.
mattermost-unasked-remedy = 서버에 접속할 수 있는지, 봇의 토큰을 받아 주는지 `askwell doctor`로 확인해 주세요.
no-tls = 암호화된 연결을 준비할 수 없어요.
no-tls-remedy = 시스템에 인증 기관 목록을 설치해 주세요(Debian에서는 ca-certificates 패키지).
model-way = 모델의 인증서나 프록시를 쓸 수 없어요.
model-way-remedy = [model]과 [[models]]의 ca_file, client_certificate_file, proxy를 확인해 주세요. 어느 것인지는 로그에 있어요.
template-broken = 답변의 템플릿을 쓸 수 없어요.
template-broken-remedy = askwell.toml의 answer.template을 고쳐 주세요.
cannot-listen = { $address } 주소에서 요청을 받을 수 없어요.
cannot-listen-remedy = 다른 프로세스가 그 포트를 쓰고 있는지 확인하거나 ASKWELL_LISTEN에 다른 포트를 적어 주세요.
no-log = 로그를 쓸 수 없어요.
no-log-remedy = askwell.toml의 log.level을 고쳐 주세요.
died = askwell의 작업 하나가 예상하지 못하게 멈춰서 프로세스를 끝냈어요.
died-remedy = 다시 시작하고, 이 앞의 오류를 알려 주세요.
system-refused = 운영체제가 프로세스에 필요한 것을 내주지 않아요.
system-refused-remedy = 이 사용자에게 허용된 프로세스와 파일 수(ulimit)를 늘려 주세요.
