//! The books of the kills: a lost thing, one that is there twice and one from nowhere are seen.

use proof::kill::Book;

#[test]
fn what_is_lost_doubled_or_invented_is_seen() {
    let mut book = Book::default();
    for name in ["a", "b", "c"] {
        book.try_one(name);
    }
    book.ack("a");
    book.ack("b");
    let found = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        book.wrong(&names).len()
    };
    // What was tried and not acknowledged may be there or not.
    assert_eq!((found(&["a", "b"]), found(&["a", "b", "c"])), (0, 0));
    assert_eq!(found(&["a"]), 1);
    assert_eq!(found(&["a", "b", "b"]), 1);
    assert_eq!(found(&["a", "b", "c", "c"]), 1);
    assert_eq!(found(&["a", "b", "d"]), 1);
}
