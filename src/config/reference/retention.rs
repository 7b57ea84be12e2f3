//! The keys of what is kept for how long.

use super::{CHANNEL_SECTION, Form, Key};

/// A hundred years.
const MOST_DAYS: u64 = 36_500;

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    CHANNEL_RETENTION_DAYS = Key::new(CHANNEL_SECTION, "retention_days", Form::Whole(0, MOST_DAYS)).means(
        "In place of what `[retention]` says: for how many days texts of this channel are kept; `0` is for ever.",
        "`[retention]` 대신 이 채널의 글을 며칠 동안 간직할지예요. `0`이면 계속 간직해요.",
    );
    CHANNEL_KEEP_TEXTS = Key::new(CHANNEL_SECTION, "keep_texts", Form::Switch).default("true").means(
        "Whether texts of this channel are kept when a question has ended. See `retention.keep_private`.",
        "질문이 끝난 뒤에도 이 채널의 글을 간직할지예요. `retention.keep_private`를 보세요.",
    );

    DATABASE_SEAL_KEY = Key::new("database", "seal_key", Form::Secret).env("ASKWELL_SEAL_KEY").means(
        "A key with which texts of people and secrets are sealed in the database: 32 bytes in Base64 or hexadecimal, as `askwell keys new` makes them. Whoever loses it loses those texts, so keep it apart from the backups of the database. `ASKWELL_SEAL_KEY_FILE` names a file that holds it.",
        "데이터베이스에 든 사람들의 글과 비밀 값을 암호화하는 키예요. Base64나 16진수로 쓴 32바이트이고, `askwell keys new`로 만들어요. 잃어버리면 그 글도 잃으니, 데이터베이스 백업과 따로 보관해 주세요. 키가 든 파일은 `ASKWELL_SEAL_KEY_FILE`로 알려 줄 수 있어요.",
    );
    DATABASE_OLD_SEAL_KEYS = Key::new("database", "seal_keys_old", Form::Secrets).env("ASKWELL_SEAL_KEYS_OLD").means(
        "Keys of before, with which is only read, until `askwell keys rotate` has sealed everything with `seal_key`, or unsealed it where there is none.",
        "전에 쓰던 키예요. 읽는 데만 써요. `askwell keys rotate`가 모두 `seal_key`로 다시 암호화하거나, 그 키가 없으면 암호화를 풀 때까지 필요해요.",
    );
    RETENTION_TEXTS = Key::new("retention", "texts_days", Form::Whole(0, MOST_DAYS)).default("0").means(
        "For how many days questions, answers and summaries are kept as texts; `0` is for ever. What is left afterwards are ids, times and counts. See `docs/privacy.md`.",
        "질문, 답변, 요약의 글을 며칠 동안 간직할지예요. `0`이면 계속 간직해요. 지운 뒤에는 ID와 시각, 수치만 남아요. `docs/privacy.ko.md`를 보세요.",
    );
    RETENTION_DIRECT = Key::new("retention", "direct_days", Form::Whole(0, MOST_DAYS)).means(
        "The same of direct and group messages; as `texts_days` where absent.",
        "다이렉트 메시지와 그룹 메시지의 글을 며칠 동안 간직할지예요. 없으면 `texts_days`를 따라요.",
    );
    RETENTION_PRIVATE = Key::new("retention", "private_days", Form::Whole(0, MOST_DAYS)).means(
        "The same of private channels, and of those whose kind askwell cannot see; as `texts_days` where absent.",
        "비공개 채널과, askwell이 종류를 볼 수 없는 채널의 글을 며칠 동안 간직할지예요. 없으면 `texts_days`를 따라요.",
    );
    RETENTION_KEEP_DIRECT = Key::new("retention", "keep_direct", Form::Switch).default("true").means(
        "Whether texts of direct and group messages are kept when a question has ended. Without them nothing that was said before is told to the model, but for what stands in the same thread, and no answer there can be written once more.",
        "질문이 끝난 뒤에도 다이렉트 메시지와 그룹 메시지의 글을 간직할지예요. 간직하지 않으면 같은 스레드에 있는 글 말고는 앞서 한 말을 모델에 알려 주지 않고, 답변을 다시 쓸 수도 없어요.",
    );
    RETENTION_KEEP_PRIVATE = Key::new("retention", "keep_private", Form::Switch).default("true").means(
        "The same of private channels, and of those whose kind askwell cannot see.",
        "비공개 채널과, askwell이 종류를 볼 수 없는 채널의 글을 질문이 끝난 뒤에도 간직할지예요.",
    );
    RETENTION_USAGE = Key::new("retention", "usage_days", Form::Whole(0, MOST_DAYS)).default("0").means(
        "For how many days the ledger, what was used a day, and how models did are kept; `0` is for ever. At least as long as the longest budget is needed.",
        "사용 내역, 하루 사용량, 모델의 동작 기록을 며칠 동안 간직할지예요. `0`이면 계속 간직해요. 가장 긴 예산 기간보다 길어야 해요.",
    );
}
