//! The keys of models of other media than text: `[images]` draws, `[speech]` writes down what is said.

use super::{Form, KIB, Key, MIB, MINUTE};

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    IMAGES_ENABLED = Key::new("images", "enabled", Form::Switch).default("false").means(
        "Whether people may have pictures drawn, by `image: …` (or `그림: …`). Needs a bot account, and a server that speaks OpenAI's Images API.",
        "`그림: …`(또는 `image: …`)으로 그림을 그려 달라고 할 수 있게 할지 여부예요. 봇 계정과 OpenAI의 Images API를 아는 서버가 있어야 해요.",
    );
    IMAGES_BASE_URL = Key::new("images", "base_url", Form::Address).means(
        "The base of the API that draws; that of `[model]` where absent.",
        "그림을 그리는 API의 기본 주소예요. 없으면 `[model]`의 주소를 써요.",
    );
    IMAGES_API_KEY = Key::new("images", "api_key", Form::Secret).env("ASKWELL_IMAGES_API_KEY").means(
        "Its key; those of `[model]` where absent and the base is the same.",
        "그 API의 키예요. 없고 주소가 `[model]`과 같으면 `[model]`의 키를 써요.",
    );
    IMAGES_PLAIN_HTTP = Key::new("images", "allow_plain_http", Form::Switch).default("false").means(
        "Allows `http://` to a public host, as `model.allow_plain_http` does.",
        "`model.allow_plain_http`처럼 공개 호스트에 `http://`로 접속하는 것을 허용해요.",
    );
    IMAGES_NAME = Key::new("images", "name", Form::Text(200)).means(
        "The model that draws; `gpt-image-1` at OpenAI's own API, elsewhere what the server chooses. It must send the picture itself as `b64_json`: addresses are not fetched.",
        "그림을 그리는 모델이에요. OpenAI에서는 `gpt-image-1`이고, 다른 서버에서는 서버가 골라요. 그림 자체를 `b64_json`으로 보내야 하고, 주소로 보내면 열지 않아요.",
    );
    IMAGES_SIZE = Key::new("images", "size", Form::Text(32)).means(
        "The size of a picture, as `1024x1024`; the model's own where absent.",
        "그림의 크기예요(예: `1024x1024`). 없으면 모델이 정해요.",
    );
    IMAGES_TIMEOUT = Key::new("images", "timeout_seconds", Form::Seconds(5.0, 10.0 * MINUTE)).default("180").means(
        "From the request to the whole picture, at most.",
        "그림 하나를 다 받을 때까지의 최대 시간이에요.",
    );
    IMAGES_MAX_BYTES = Key::new("images", "max_bytes", Form::Whole(64 * KIB, 50 * MIB)).default("20971520").means(
        "Bytes of a picture, at most. Mattermost has a limit of its own (`MaxFileSize`).",
        "그림 파일의 최대 크기(바이트)예요. Mattermost에도 따로 제한(`MaxFileSize`)이 있어요.",
    );

    SPEECH_ENABLED = Key::new("speech", "enabled", Form::Switch).default("false").means(
        "Whether recordings that people attach (MP3, M4A, OGG, WAV, WebM, FLAC) are written down for the model. Needs a server that speaks OpenAI's Audio API; without it they are files that cannot be read.",
        "첨부한 음성 파일(MP3, M4A, OGG, WAV, WebM, FLAC)을 받아써서 모델에게 알려 줄지 여부예요. OpenAI의 Audio API를 아는 서버가 있어야 하고, 끄면 읽을 수 없는 파일로 다뤄요.",
    );
    SPEECH_BASE_URL = Key::new("speech", "base_url", Form::Address).means(
        "The base of the API that listens; that of `[model]` where absent.",
        "음성을 받아쓰는 API의 기본 주소예요. 없으면 `[model]`의 주소를 써요.",
    );
    SPEECH_API_KEY = Key::new("speech", "api_key", Form::Secret).env("ASKWELL_SPEECH_API_KEY").means(
        "Its key; those of `[model]` where absent and the base is the same.",
        "그 API의 키예요. 없고 주소가 `[model]`과 같으면 `[model]`의 키를 써요.",
    );
    SPEECH_PLAIN_HTTP = Key::new("speech", "allow_plain_http", Form::Switch).default("false").means(
        "Allows `http://` to a public host, as `model.allow_plain_http` does.",
        "`model.allow_plain_http`처럼 공개 호스트에 `http://`로 접속하는 것을 허용해요.",
    );
    SPEECH_NAME = Key::new("speech", "name", Form::Text(200)).means(
        "The model that listens; `gpt-4o-mini-transcribe` at OpenAI's own API, elsewhere what the server chooses.",
        "음성을 받아쓰는 모델이에요. OpenAI에서는 `gpt-4o-mini-transcribe`이고, 다른 서버에서는 서버가 골라요.",
    );
    SPEECH_LANGUAGE = Key::new("speech", "language", Form::Text(16)).means(
        "The language people speak, as `ko`; heard by the model where absent.",
        "사람들이 말하는 언어예요(예: `ko`). 없으면 모델이 알아들어요.",
    );
    SPEECH_TIMEOUT = Key::new("speech", "timeout_seconds", Form::Seconds(5.0, 10.0 * MINUTE)).default("120").means(
        "For one recording, at most.",
        "음성 파일 하나를 받아쓰는 최대 시간이에요.",
    );
    SPEECH_MAX_BYTES = Key::new("speech", "max_file_bytes", Form::Whole(64 * KIB, 50 * MIB)).default("25000000").means(
        "Bytes of a recording, at most. OpenAI takes 25 MB.",
        "음성 파일의 최대 크기(바이트)예요. OpenAI는 25 MB까지 받아요.",
    );
}
