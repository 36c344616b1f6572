//! What a phone shows of itself: the certificate of its enrolment and the signature of a request. Each part of what is
//! signed is changed once.

use ed25519_dalek::SigningKey;
use protocol::enrol::{
    Certificate, certificate_bytes, certified, certify, fingerprint, public_key,
};
use protocol::request::RequestSignature;
use uuid::Uuid;

const SERVER: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(9);

fn server() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn phone() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

fn certificate() -> Certificate {
    let key = phone().verifying_key().to_bytes();
    let (campaign, device) = (Uuid::from_u128(2), Uuid::from_u128(3));
    let account = Uuid::from_u128(4);
    let signed = certificate_bytes(SERVER, campaign, device, account, &key, 5);
    Certificate {
        campaign,
        device,
        account,
        public_key: hex::encode(key),
        device_name: "观摩手机 01".into(),
        enrolled_at_ms: 5,
        signature: certify(&server(), &signed),
    }
}

#[test]
fn a_certificate_travels_and_holds_for_what_was_signed() {
    let key = server().verifying_key();
    let good = certificate();
    assert_eq!(Certificate::parse(&good.to_header()), Some(good.clone()));
    let expected = Some(phone().verifying_key().to_bytes());
    assert_eq!(good.verified(SERVER, &key), expected);
    assert_eq!(good.verified(OTHER, &key), None);
    assert_eq!(good.verified(SERVER, &phone().verifying_key()), None);

    let other_key = hex::encode(server().verifying_key().to_bytes());
    let changes: &[&dyn Fn(&mut Certificate)] = &[
        &|c| c.campaign = OTHER,
        &|c| c.device = OTHER,
        &|c| c.account = OTHER,
        &|c| c.enrolled_at_ms += 1,
        &|c| c.public_key.clone_from(&other_key),
        &|c| c.public_key.push('0'),
        &|c| c.signature.replace_range(..1, "x"),
        &|c| c.signature.truncate(126),
    ];
    for (no, change) in changes.iter().enumerate() {
        let mut wrong = certificate();
        change(&mut wrong);
        assert_eq!(wrong.verified(SERVER, &key), None, "change {no}");
    }
    // Its name is not signed.
    let renamed = Certificate {
        device_name: "another".into(),
        ..certificate()
    };
    assert_eq!(renamed.verified(SERVER, &key), expected);
    for nonsense in ["", "no base64!", "e30"] {
        assert_eq!(Certificate::parse(nonsense), None, "{nonsense}");
    }
}

#[test]
fn a_certificate_is_of_the_bytes_it_names() {
    let bytes = b"guanmo device v1 and so on";
    let signature = certify(&server(), bytes);
    assert!(certified(&server().verifying_key(), bytes, &signature));
    assert!(!certified(&server().verifying_key(), b"else", &signature));
    assert!(!certified(&phone().verifying_key(), bytes, &signature));
    assert!(!certified(&server().verifying_key(), bytes, ""));
}

#[test]
fn a_key_is_64_digits_and_known_by_its_fingerprint() {
    let key = phone().verifying_key();
    let digits = hex::encode(key.to_bytes());
    assert_eq!(public_key(&digits), Some(key));
    assert_eq!(public_key(&digits[2..]), None);
    assert_eq!(public_key(&format!("{digits}00")), None);
    assert_eq!(public_key("nonsense"), None);
    let hash = protocol::chain::sha256(&key.to_bytes());
    let told = fingerprint(&key.to_bytes());
    assert_eq!(told.replace('-', ""), hex::encode_upper(&hash[..8]));
    assert_eq!(told.split('-').map(str::len).collect::<Vec<_>>(), [4; 4]);
}

#[test]
fn a_request_is_signed_for_one_server_generation_counter_and_body() {
    let (key, device) = (phone(), Uuid::from_u128(3));
    let signed = RequestSignature::sign(&key, device, SERVER, 7, 42, b"body");
    let fits = |s: &RequestSignature, server, generation, body: &[u8]| {
        s.verify(&key.verifying_key(), server, generation, body)
    };
    assert!(fits(&signed, SERVER, 7, b"body"));
    assert!(!fits(&signed, OTHER, 7, b"body"));
    assert!(!fits(&signed, SERVER, 8, b"body"));
    assert!(!fits(&signed, SERVER, 7, b"bodY"));
    assert!(!signed.verify(&server().verifying_key(), SERVER, 7, b"body"));
    let later = RequestSignature {
        counter: 43,
        ..signed.clone()
    };
    assert!(!fits(&later, SERVER, 7, b"body"));

    let header = signed.to_header();
    assert_eq!(RequestSignature::parse(&header), Some(signed));
    let (device, rest) = header.split_once(';').unwrap();
    let (counter, signature) = rest.split_once(';').unwrap();
    for wrong in [
        String::new(),
        format!("{device};{counter}"),
        format!("{device};-1;{signature}"),
        format!("nobody;{counter};{signature}"),
        format!("{device};{counter};{}", &signature[1..]),
        format!("{header};"),
    ] {
        assert_eq!(RequestSignature::parse(&wrong), None, "{wrong}");
    }
}
