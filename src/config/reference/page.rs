//! The keys of the page for administrators: `[admin]`.

use super::{Form, Key};

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    ADMIN_ENABLED = Key::new("admin", "enabled", Form::Switch).default("true").means(
        "Whether there is a page for administrators. It needs a bot account, which says who administers the server: they type `/askgpt admin`, and are sent a direct message with a link that is good once.",
        "관리 페이지를 둘지 여부예요. 누가 서버를 관리하는지 확인하려면 봇 계정이 있어야 해요. 시스템 관리자가 `/askgpt 관리`를 입력하면 한 번만 쓸 수 있는 링크를 다이렉트 메시지로 보내 드려요.",
    );
    ADMIN_LISTEN = Key::new("admin", "listen", Form::Socket).env("ASKWELL_ADMIN_LISTEN").default("127.0.0.1:8001").means(
        "Where the page is served: this machine alone, unless it is written. Where nothing is written and the port is taken, there is no page; where it is, askwell does not start without it.",
        "관리 페이지를 열 주소예요. 쓰지 않으면 이 컴퓨터에서만 열려요. 쓰지 않았는데 포트를 쓸 수 없으면 관리 페이지 없이 시작하고, 쓴 주소를 쓸 수 없으면 시작하지 않아요.",
    );
    ADMIN_PUBLIC_URL = Key::new("admin", "public_url", Form::Address).env("ASKWELL_ADMIN_PUBLIC_URL").means(
        "How browsers reach the page, for its links; where absent, by the address that it listens on. With `https://` its cookie is kept from plain connections. The page stands at the root of this address.",
        "브라우저에서 관리 페이지에 접속하는 주소예요. 링크에 써요. 없으면 위의 주소를 써요. `https://`이면 쿠키를 암호화된 연결로만 보내요. 페이지는 이 주소의 맨 위(`/`)에 있어야 해요.",
    );
    ADMIN_SHOW_TEXTS = Key::new("admin", "show_texts", Form::Switch).default("false").means(
        "Whether questions and answers may be looked at there. Each look is written down in the audit trail.",
        "관리 페이지에서 질문과 답변의 글을 볼 수 있게 할지 여부예요. 볼 때마다 감사 기록에 남아요.",
    );
}
