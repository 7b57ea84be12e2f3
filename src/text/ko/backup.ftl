# 데이터베이스 백업에 대해 터미널에서 하는 말.

backup-made = 데이터베이스를 { $path }에 백업했어요({ $bytes }바이트). 사람들이 물어본 내용이 들어 있으니 데이터베이스처럼 보관해 주세요.
backup-by-pg-dump = PostgreSQL은 askwell이 실행 중일 때 PostgreSQL의 프로그램으로 백업해요. pg_dump --format=custom --dbname=주소 --file={ $path } (주소는 ASKWELL_DATABASE의 값)
backup-by-pg-restore = PostgreSQL은 askwell을 멈춘 뒤 빈 데이터베이스에 PostgreSQL의 프로그램으로 복원해요. pg_restore --no-owner --dbname=주소 { $path } (주소는 ASKWELL_DATABASE의 값)
backup-whole = { $path }에는 문제가 없어요. 질문 { $questions }개가 있고, 그중 답을 기다리는 { $waiting }개는 복원하면 답하게 돼요. 모델 호출은 { $calls }건이에요.
backup-newest = 마지막 기록은 { $time }이고, 그때부터 { $age } 지났어요. 그 뒤의 일은 들어 있지 않아요.
backup-nothing-in-it = 아직 아무도 질문하지 않았을 때의 백업이에요.
backup-trail-whole = 감사 기록은 적힌 그대로예요. 모두 { $entries }건이고, 마지막 기록의 해시는 { $hash }예요.
backup-trail-broken = 감사 기록이 { $seq }번부터 바뀌었어요. 더 오래된 백업을 쓰거나, 쓰기 전에 누가 바꿨는지 알아보세요.
backup-trail-absent = 감사 기록이 생기기 전의 백업이에요.
backup-pending = 더 오래된 버전의 백업이라, 열 때 지금 버전에 맞게 바꿔요(마이그레이션 { $migrations }개).
backup-restored = { $path }을(를) 백업한 내용으로 바꿨어요. askwell을 다시 시작하면 그때 기다리던 질문부터 답해요.
backup-kept = 전에 있던 데이터베이스는 { $path }에 남겨 두었어요. 사람들이 물어본 내용이 들어 있으니 필요 없어지면 지워 주세요.
backup-exists = { $path } 파일이 이미 있어서 덮어쓰지 않았어요. 다른 이름을 쓰거나 그 파일을 지워 주세요.
backup-missing = { $path } 파일이 없어요. 이름이 맞는지, askwell을 실행하는 디렉터리에 있는지 확인해 주세요.
backup-file-refused = { $path } 파일을 읽거나 쓸 수 없어요. askwell을 실행하는 사용자의 권한과 남은 공간을 확인해 주세요.
backup-damaged = { $path } 파일이 손상되었거나 askwell의 데이터베이스가 아니에요. 아무것도 바꾸지 않았어요. 더 오래된 백업을 쓰고, 먼저 이렇게 확인해 보세요. askwell restore --check 파일
backup-in-use = { $path } 파일은 백업이 아니라 쓰고 있는 데이터베이스예요. 최근에 바뀐 내용이 옆에 있는 파일에 있어요. 이렇게 백업해 주세요. askwell backup 파일
backup-used = { $path } 데이터베이스를 쓰고 있어요. askwell과 그 파일을 연 다른 프로그램을 멈춘 뒤 다시 해 주세요. 아무것도 바꾸지 않았어요.
backup-newer-database = askwell의 다른 버전이 만든 백업이에요(마이그레이션 { $version }). 그 버전이나 더 새 버전을 써 주세요. 아무것도 바꾸지 않았어요.
backup-copy-failed = { $path } 데이터베이스를 복사하지 못했어요. 같은 크기만큼 공간이 남았는지, 디스크에 문제가 없는지 확인해 주세요. 아래 줄은 SQLite가 한 말이에요.
