//! The emojis that the playground knows: a handful of the system's, under its names.

const KNOWN: &[&str] = &[
    "+1",
    "-1",
    "arrows_counterclockwise",
    "black_square_for_stop",
    "bulb",
    "eyes",
    "fire",
    "grinning",
    "heart",
    "hourglass",
    "hourglass_flowing_sand",
    "information_source",
    "joy",
    "lock",
    "no_entry",
    "octagonal_sign",
    "ok_hand",
    "pencil2",
    "question",
    "repeat",
    "robot_face",
    "rocket",
    "slightly_smiling_face",
    "smile",
    "speech_balloon",
    "stop_sign",
    "tada",
    "thinking",
    "thinking_face",
    "thumbsdown",
    "thumbsup",
    "warning",
    "wave",
    "white_check_mark",
    "x",
    "zzz",
];

/// Whether a name is one of them.
pub(crate) fn is_emoji(name: &str) -> bool {
    KNOWN.contains(&name)
}
