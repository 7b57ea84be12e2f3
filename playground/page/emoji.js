// The names of emoji that people and models write most; others stay as typed.

const NAMES = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", smile: "😄", smiley: "😃", grinning: "😀", grin: "😁", joy: "😂",
  slightly_smiling_face: "🙂", wink: "😉", blush: "😊", heart: "❤️", heart_eyes: "😍", thinking: "🤔", thinking_face: "🤔",
  cry: "😢", sob: "😭", sweat_smile: "😅", sunglasses: "😎", wave: "👋", clap: "👏", pray: "🙏", muscle: "💪", eyes: "👀",
  tada: "🎉", rocket: "🚀", fire: "🔥", star: "⭐", sparkles: "✨", bulb: "💡", zap: "⚡", "100": "💯", ok_hand: "👌", point_right: "👉",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", warning: "⚠️", no_entry: "⛔", question: "❓",
  exclamation: "❗", information_source: "ℹ️", hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", calendar: "📆",
  memo: "📝", book: "📖", books: "📚", mag: "🔍", link: "🔗", lock: "🔒", key: "🔑", gear: "⚙️", wrench: "🔧", hammer: "🔨",
  bug: "🐛", robot: "🤖", robot_face: "🤖", computer: "💻", phone: "☎️", email: "✉️", package: "📦", chart_with_upwards_trend: "📈",
  sunny: "☀️", cloud: "☁️", umbrella: "☔", snowflake: "❄️", rainbow: "🌈", coffee: "☕", pizza: "🍕", arrows_counterclockwise: "🔄",
  stop_sign: "🛑", octagonal_sign: "🛑", one: "1️⃣", two: "2️⃣", three: "3️⃣", speech_balloon: "💬", kr: "🇰🇷",
};

/** The emoji of a name, or undefined. */
export function emojiNamed(name) {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}

/** What a few marks of punctuation turn into. */
export const EMOTICONS = { ":)": "🙂", ":-)": "🙂", ";)": "😉", ":D": "😄", ":-D": "😄", ":(": "🙁", ":-(": "🙁", "<3": "❤️", ":p": "😛" };
