// Every sentence of this page, in Korean and English; the browser says which.

const TEXTS = {
  ko: {
    simulated: "모의 서버",
    logInTitle: "연습용 채팅에 오신 것을 환영해요",
    logInAbout: "이 컴퓨터 안에서만 도는 모의 Mattermost예요. 마음껏 써 보세요.",
    logInAs: "누구로 들어갈까요?",
    logInOther: "다른 계정으로 들어가기",
    username: "사용자 이름",
    password: "비밀번호",
    logIn: "들어가기",
    logOut: "나가기",
    noTeam: "아직 속한 팀이 없어요. 팀에 추가된 뒤에 다시 들어와 주세요.",
    channels: "채널",
    directMessages: "개인 메시지",
    findChannel: "채널 찾기",
    openDirect: "개인 메시지 시작",
    openDirectPrompt: "누구와 이야기할까요? (사용자 이름)",
    openSidebar: "채널 목록 열기",
    closeSidebar: "채널 목록 닫기",
    messages: "메시지",
    writeTo: "{name}에 글쓰기",
    replyTo: "이 글타래에 답글 쓰기…",
    send: "보내기",
    thread: "글타래",
    closeThread: "글타래 닫기",
    reply: "답글",
    replies: "답글 {count}개",
    onlyYou: "(나에게만 보임)",
    edited: "편집됨",
    deleted: "(메시지가 삭제되었습니다)",
    bot: "봇",
    system: "시스템",
    today: "오늘",
    yesterday: "어제",
    newMessages: "새 메시지",
    showMore: "더 보기",
    showLess: "간단히",
    typing: "{names} 입력 중…",
    members: "구성원 {count}명",
    beginning: "{name} 채널의 시작이에요.",
    beginningDirect: "{name} 님과 나누는 개인 메시지의 시작이에요.",
    offline: "서버와 연결이 끊겼어요. 다시 연결하고 있어요…",
    failed: "요청을 처리하지 못했어요. 잠시 뒤에 다시 해 주세요.",
    unreadMentions: "읽지 않은 언급 {count}개",
    unread: "읽지 않음",
    formatting: "서식",
    bold: "굵게", italic: "기울임", strike: "취소선", heading: "제목", link: "링크", code: "코드",
    quote: "인용", bullets: "글머리 목록", numbers: "번호 목록",
  },
  en: {
    simulated: "SIMULATED",
    logInTitle: "Welcome to the practice chat",
    logInAbout: "A simulated Mattermost that runs on this computer only. Try whatever you like.",
    logInAs: "Who would you like to be?",
    logInOther: "Use another account",
    username: "Username",
    password: "Password",
    logIn: "Log in",
    logOut: "Log out",
    noTeam: "You are not in a team yet. Please come back once you have been added to one.",
    channels: "Channels",
    directMessages: "Direct Messages",
    findChannel: "Find channel",
    openDirect: "Write a direct message",
    openDirectPrompt: "Whom would you like to write to? (username)",
    openSidebar: "Show channels",
    closeSidebar: "Hide channels",
    messages: "Messages",
    writeTo: "Write to {name}",
    replyTo: "Reply to this thread…",
    send: "Send",
    thread: "Thread",
    closeThread: "Close thread",
    reply: "Reply",
    replies: "{count} replies",
    onlyYou: "(Only visible to you)",
    edited: "Edited",
    deleted: "(message deleted)",
    bot: "BOT",
    system: "System",
    today: "Today",
    yesterday: "Yesterday",
    newMessages: "New Messages",
    showMore: "Show more",
    showLess: "Show less",
    typing: "{names} is typing…",
    members: "{count} members",
    beginning: "This is the start of {name}.",
    beginningDirect: "This is the start of your direct messages with {name}.",
    offline: "The connection to the server is lost. Connecting again…",
    failed: "That did not work. Please try again in a moment.",
    unreadMentions: "{count} unread mentions",
    unread: "unread",
    formatting: "Formatting",
    bold: "Bold", italic: "Italic", strike: "Strikethrough", heading: "Heading", link: "Link", code: "Code",
    quote: "Quote", bullets: "Bulleted list", numbers: "Numbered list",
  },
};

const asked = new URLSearchParams(location.search).get("lang") || navigator.language || "ko";

/** `ko` or `en`. */
export const language = asked.toLowerCase().startsWith("ko") ? "ko" : "en";

document.documentElement.lang = language;

/** The sentence of this name, its `{places}` filled. */
export function say(name, places = {}) {
  if (language === "en" && name === "replies" && places.count === 1) return "1 reply";
  return TEXTS[language][name].replace(/\{(\w+)\}/g, (_, place) => places[place]);
}

const CLOCK = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(language, { weekday: "short", month: "long", day: "numeric" });
const FULL = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });

/** The time of day. */
export const clock = (time) => CLOCK.format(time);

/** The whole date. */
export const fullDate = (time) => FULL.format(time);

/** The day, near ones by name. */
export function day(time) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (time >= midnight) return say("today");
  if (time >= midnight - 24 * 60 * 60 * 1000) return say("yesterday");
  return DAY.format(time);
}
