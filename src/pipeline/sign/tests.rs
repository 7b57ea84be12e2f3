use proptest::prelude::*;

use super::*;
use crate::domain::control::Vote;

const NOW: Timestamp = Timestamp::from_micros(1_795_361_400_000_000);

fn server(name: &str) -> ServerId {
    ServerId::parse(name).unwrap()
}

fn key(id: u64, secret: &str) -> SigningKey {
    SigningKey {
        id,
        secret: secret.repeat(64).into(),
        created_at: NOW,
    }
}

fn ticket() -> Ticket {
    Ticket {
        control: Control::Stop,
        question: QuestionId::from_bits(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001),
        generation: 3,
        until: NOW.after(BUTTON_HOLDS),
    }
}

#[test]
fn a_ticket_is_read_back_as_it_was_signed_whatever_it_is_for() {
    let keys = [key(1, "a"), key(2, "b")];
    for control in Control::ALL {
        for key in &keys {
            let ticket = Ticket {
                control,
                ..ticket()
            };
            let text = signed(&ticket, &server("main"), key);
            let read = opened(&text, &server("main"), &keys, NOW);
            assert_eq!(read, Ok(ticket), "{text}");
            assert!(text.len() < 200, "{} bytes", text.len());
        }
    }
}

#[test]
fn a_signature_tells_nothing_of_its_key() {
    let text = signed(&ticket(), &server("main"), &key(1, "c"));
    assert!(!text.contains(&"c".repeat(8)), "{text}");
    assert!(!format!("{:?}", key(1, "c")).contains("ccc"));
}

#[test]
fn what_another_server_or_an_unknown_key_signed_is_forged() {
    let (mine, other) = (key(1, "a"), key(1, "b"));
    let text = signed(&ticket(), &server("main"), &mine);
    let open = |server: &ServerId, keys: &[SigningKey]| opened(&text, server, keys, NOW);
    let forged = Err(Untrusted::Forged);
    assert_eq!(open(&server("other"), std::slice::from_ref(&mine)), forged);
    assert_eq!(open(&server("main"), &[other]), forged);
    assert_eq!(open(&server("main"), &[key(2, "a")]), forged);
    assert_eq!(open(&server("main"), &[]), forged);
}

#[test]
fn a_ticket_holds_until_its_time_and_not_a_moment_longer() {
    let key = [key(1, "a")];
    let text = signed(&ticket(), &server("main"), &key[0]);
    let at = |now| opened(&text, &server("main"), &key, now);
    let until = ticket().until;
    assert!(at(until.before(Duration::from_micros(1))).is_ok());
    assert_eq!(at(until), Err(Untrusted::Expired));
}

#[test]
fn a_key_is_kept_for_as_long_as_anything_holds_that_it_signed() {
    let last_signed = NOW.after(AGES.signs);
    assert!(!key(1, "a").signs_at(last_signed, AGES));
    assert!(last_signed.after(BUTTON_HOLDS) < NOW.after(AGES.is_kept));
}

#[test]
fn what_is_no_signed_text_at_all_is_forged() {
    let keys = [key(0, "a")];
    let long = ".".repeat(10_000);
    for text in ["", ".", "......", "1.stop", "1.stop.x.1.1.0.", "€.€", &long] {
        let read = opened(text, &server("main"), &keys, NOW);
        assert_eq!(read, Err(Untrusted::Forged), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_change_of_any_byte_is_refused(
        control in prop::sample::select(&Control::ALL[..]),
        question: u128,
        generation: u32,
        at in any::<prop::sample::Index>(),
        byte in 0x20_u8..0x7f,
    ) {
        let keys = [key(7, "a"), key(0xfe, "b")];
        let ticket = Ticket { control, question: QuestionId::from_bits(question), generation, ..ticket() };
        let text = signed(&ticket, &server("main"), &keys[1]);
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(opened(&changed, &server("main"), &keys, NOW), Err(Untrusted::Forged), "{}", changed);
    }

    #[test]
    fn whatever_is_put_before_into_or_after_it_is_refused(
        at in any::<prop::sample::Index>(),
        more in "[0-9a-f.]{1,20}",
    ) {
        let keys = [key(7, "a")];
        let mut text = signed(&ticket(), &server("main"), &keys[0]);
        text.insert_str(at.index(text.len() + 1), &more);
        prop_assert_eq!(opened(&text, &server("main"), &keys, NOW), Err(Untrusted::Forged));
    }

    #[test]
    fn a_signature_is_not_moved_to_another_ticket(
        one in prop::sample::select(&Control::ALL[..]),
        other in prop::sample::select(&[Control::Stop, Control::Regenerate, Control::Vote(Vote::Up)][..]),
        generations in (0_u32..9, 0_u32..9),
    ) {
        let keys = [key(7, "a")];
        let sign = |control, generation| signed(&Ticket { control, generation, ..ticket() }, &server("main"), &keys[0]);
        let (one, other) = (sign(one, generations.0), sign(other, generations.1));
        prop_assume!(one != other);
        let (body, _) = one.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        let mixed = format!("{body}.{signature}");
        prop_assert_eq!(opened(&mixed, &server("main"), &keys, NOW), Err(Untrusted::Forged));
    }
}
