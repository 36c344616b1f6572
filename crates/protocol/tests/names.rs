//! What things are called: ids that everybody derives alike, scopes, codes of refusals.

use protocol::problem::{Code, Problem};
use protocol::scope::ScopeInfo;
use protocol::{Scope, ids};
use uuid::Uuid;

const CAMPAIGN: Uuid = Uuid::from_u128(1);
const SITE: Uuid = Uuid::from_u128(2);
const PERSON: Uuid = Uuid::from_u128(3);

#[test]
fn derived_ids_are_made_of_what_the_document_says() {
    let named = |name: &[u8]| Uuid::new_v5(&CAMPAIGN, name);
    assert_eq!(
        ids::tour_township(CAMPAIGN, "640422"),
        named(b"township:640422")
    );
    assert_eq!(ids::division(CAMPAIGN, "6404"), named(b"division:6404"));
    assert_eq!(ids::checklist(CAMPAIGN, "v", 3), named(b"checklist:v/3"));
    assert_eq!(ids::coded(CAMPAIGN, "a", "b"), named(b"a:b"));
    let owned = |letter: u8| named(&[&[letter], &PERSON.as_bytes()[..]].concat());
    let of_site = |space: Uuid| Uuid::new_v5(&space, SITE.as_bytes());
    assert_eq!(ids::sheet(CAMPAIGN, SITE, PERSON), of_site(owned(b's')));
    assert_eq!(
        ids::site_facts(CAMPAIGN, SITE, PERSON),
        of_site(owned(b'g'))
    );
}

#[test]
fn a_scope_is_announced_by_letter_campaign_and_owner() {
    let (campaign, group, author) = (CAMPAIGN, PERSON, PERSON);
    let scopes = [
        (b'c', Scope::Campaign { campaign }, Uuid::nil()),
        (b'g', Scope::Group { campaign, group }, PERSON),
        (b's', Scope::Sealed { campaign, author }, PERSON),
        (b'h', Scope::Household { campaign, author }, PERSON),
        (b'o', Scope::Office { campaign }, Uuid::nil()),
    ];
    for (letter, scope, owner) in scopes {
        assert_eq!(
            (scope.letter(), scope.campaign(), scope.owner()),
            (letter, CAMPAIGN, owner)
        );
        assert_eq!(Scope::from_parts(letter, CAMPAIGN, owner), Some(scope));
        let info = ScopeInfo::new(4, scope);
        assert_eq!((info.index, info.scope()), (4, Some(scope)));
        let name: &[u8] = &match owner.is_nil() {
            true => vec![letter],
            false => [&[letter], &owner.as_bytes()[..]].concat(),
        };
        assert_eq!(scope.id(), Uuid::new_v5(&CAMPAIGN, name));
    }
    assert_eq!(Scope::from_parts(b'x', CAMPAIGN, PERSON), None);
}

#[test]
fn every_code_is_known_by_its_own_name() {
    for code in Code::ALL {
        assert_eq!(Code::parse(code.as_str()), Some(*code));
        let problem = Problem::new(*code, true);
        assert_eq!(problem.title, code.en());
        assert_eq!(
            problem.kind,
            format!("urn:guanmo:problem:{}", code.as_str())
        );
        assert_eq!(Problem::new(*code, false).title, code.zh());
        assert!((400..600).contains(&problem.status), "{code:?}");
    }
    assert_eq!(Code::parse("no_such_code"), None);
}
