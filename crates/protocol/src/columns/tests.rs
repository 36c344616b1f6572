//! What a column is written as, to the byte, and what a reader takes for one.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn integers_survive(v in proptest::collection::vec(any::<i64>(), 0..200), step in 1i64..1000) {
        let scaled: Vec<i64> = v.iter().map(|x| (x >> 20) * step).collect();
        for list in [&v, &scaled] {
            let mut w = Writer::new(3);
            w.ints(list);
            let mut r = Reader::new(&w.out, 1 << 20).unwrap();
            prop_assert_eq!(&r.ints(list.len()).unwrap(), list);
            prop_assert!(r.is_empty());
        }
    }

    #[test]
    fn bytes_survive(v in proptest::collection::vec(any::<u8>(), 0..400), same in any::<bool>()) {
        let v = if same { vec![7; v.len()] } else { v };
        let mut w = Writer::new(3);
        w.bytes(&v);
        let mut r = Reader::new(&w.out, 1 << 20).unwrap();
        prop_assert_eq!(r.bytes().unwrap(), v);
    }

    #[test]
    fn nonsense_is_an_error_and_not_a_panic(v in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut r = Reader::new(&v, 1 << 16).unwrap();
        let _ = r.ints(50);
        let _ = r.bytes();
    }
}

fn bytes(col: &[u8]) -> Vec<u8> {
    let mut w = Writer::new(3);
    w.bytes(col);
    w.out
}

fn ints(col: &[i64]) -> Vec<u8> {
    let mut w = Writer::new(3);
    w.ints(col);
    w.out
}

#[test]
fn a_byte_column_is_written_in_the_method_that_fits() {
    assert_eq!(bytes(&[]), [0]);
    assert_eq!(bytes(&[5, 5]), [2, 0, 5, 5]);
    assert_eq!(bytes(&[5, 5, 5]), [3, 2, 5]);
    assert_eq!(bytes(&[5, 5, 6]), [3, 0, 5, 5, 6]);
    let pairs = b"ab".repeat(MIN_ZSTD);
    let method = |col: &[u8]| bytes(col)[1];
    assert_eq!(method(&pairs[..MIN_ZSTD - 1]), 0);
    assert_eq!(method(&pairs[..MIN_ZSTD]), 1);
    // Nothing is alike in it: zstd would only add to it.
    let distinct: Vec<u8> = (0..100).map(|n: u8| n.wrapping_mul(37)).collect();
    assert_eq!(method(&distinct), 0);
    // It is used from the first byte it saves, its method and length counted.
    let mut zstd = Writer::new(3).zstd.unwrap();
    let mut saves_nothing = 0;
    for zeros in 0..40 {
        let col = [&distinct[..], &vec![0; zeros]].concat();
        let packed = zstd.compress(&col).unwrap();
        let packed = packed.strip_prefix(&MAGIC).unwrap();
        assert_eq!(method(&col), u8::from(packed.len() + 2 < col.len()));
        saves_nothing += usize::from(packed.len() + 2 == col.len());
    }
    assert!(saves_nothing > 0);
}

#[test]
fn an_integer_column_is_written_in_the_shape_that_fits() {
    assert_eq!(ints(&[]), [0; 0]);
    // Least, divisor, planes, and the plane: raw bytes.
    assert_eq!(ints(&[-2, 3, 8]), [3, 5, 1, 3, 0, 0, 1, 2]);
    assert_eq!(ints(&[7, 7]), [14, 1, 0]);
    assert_eq!(ints(&[1, 0x0402]), [2, 0x81, 8, 1, 2, 0, 0, 1]);
    assert_eq!(
        ints(&[0, 256, 257]),
        [0, 1, 2, 3, 0, 0, 0, 1, 3, 0, 0, 1, 1]
    );
    // Differences only where they span less than half.
    assert_eq!(ints(&[0, 10, 20]), [0, 10, 1, 3, 0, 0, 1, 2]);
    assert_eq!(ints(&[0, 10, 20, 30]), [0, 10, 0x11, 4, 0, 0, 1, 1, 1]);
    assert_eq!(ints(&[0, 8, 20, 28]), [0, 4, 0x11, 4, 0, 0, 2, 3, 2]);
}

#[test]
fn a_reader_gives_out_its_budget_and_no_more() {
    let column = bytes(&[7; 9]);
    let read = |budget| Reader::new(&column, budget).unwrap().bytes();
    assert_eq!(read(9).unwrap(), [7; 9]);
    assert!(read(8).is_err());
    let twice = [column.clone(), column.clone()].concat();
    let both = |budget| {
        let mut r = Reader::new(&twice, budget).unwrap();
        r.bytes().and_then(|_| r.bytes())
    };
    assert!(both(18).is_ok());
    assert!(both(17).is_err());

    // Eight bytes each and the plane they come from.
    let column = ints(&[1, 3, 2]);
    let read = |budget| Reader::new(&column, budget).unwrap().ints(3);
    assert_eq!(read(27).unwrap(), [1, 3, 2]);
    assert!(read(26).is_err() && read(24).is_err() && read(23).is_err());
    // One number three times is no plane.
    let column = ints(&[4, 4, 4]);
    let read = |budget| Reader::new(&column, budget).unwrap().ints(3);
    assert_eq!(read(24).unwrap(), [4, 4, 4]);
    assert!(read(23).is_err());
}

#[test]
fn a_number_has_one_form_and_stays_in_its_range() {
    let read = |bytes: &[u8]| Reader::new(bytes, 0).unwrap().varint();
    for number in [0, 1, 127, 128, 16_383, 16_384, 1 << 62, u64::MAX] {
        let mut bytes = Vec::new();
        varint(&mut bytes, number);
        assert_eq!(read(&bytes), Ok(number));
    }
    let largest = [&[0xff; 9][..], &[1]].concat();
    assert_eq!(read(&largest), Ok(u64::MAX));
    for wrong in [&[0x80, 0][..], &[0xff, 0x80, 0], &[0x80]] {
        assert!(read(wrong).is_err(), "{wrong:?}");
    }
    for last in [2, 0x81, 0x80] {
        assert!(read(&[&[0xff; 9][..], &[last, 1]].concat()).is_err());
    }
    let count = |limit| Reader::new(&[5], 0).unwrap().count(limit);
    assert_eq!(count(5), Ok(5));
    assert!(count(4).is_err());
}

#[test]
fn a_column_that_is_not_as_it_says_is_refused() {
    let read = |bytes: &[u8]| Reader::new(bytes, 1 << 10).unwrap().bytes();
    let frame = zstd::bulk::compress(&[9; 50], 3).unwrap();
    let packed = |says: u8, frame: &[u8]| {
        let frame = frame.strip_prefix(&MAGIC).unwrap();
        [&[says, 1, frame.len() as u8][..], frame].concat()
    };
    assert_eq!(read(&packed(50, &frame)).unwrap(), [9; 50]);
    // More than it says, less, two frames, half of one.
    assert!(read(&packed(49, &frame)).is_err());
    assert!(read(&packed(51, &frame)).is_err());
    assert!(read(&packed(100, &frame.repeat(2))).is_err());
    assert!(read(&packed(50, &frame[..frame.len() - 1])).is_err());

    let head = |flags: u8| Reader::new(&[2, 1, flags, 1, 0, 0], 64).unwrap().ints(1);
    assert_eq!((head(0x01), head(0x11)), (Ok(vec![1]), Ok(vec![1])));
    assert!(head(0x21).is_err());
    // Eight planes are all there are; this column ends after one.
    let planes = |n: u8| {
        let planes = [1, 0, 0].repeat(usize::from(n));
        Reader::new(&[&[2, 1, n][..], &planes].concat(), 64)
            .unwrap()
            .ints(1)
    };
    assert_eq!(planes(8), Ok(vec![1]));
    assert!(planes(9).is_err());
    let exact = |n| Reader::new(&[2, 0, 5, 6], 8).unwrap().bytes_exact(n);
    assert_eq!(exact(2), Ok(vec![5, 6]));
    assert!(exact(1).is_err() && exact(3).is_err());
    let below = |limit| {
        let column = ints(&[0, 2]);
        Reader::new(&column, 64).unwrap().indexes(2, limit)
    };
    assert_eq!(below(3), Ok(vec![0, 2]));
    assert!(below(2).is_err());
}

#[test]
fn an_unpacker_is_lent_and_given_back() {
    drop(Reader::new(&[], 0).unwrap());
    let lent = UNPACKER.take();
    assert!(lent.is_some());
    UNPACKER.set(lent);
    let reader = Reader::new(&[], 0).unwrap();
    assert!(UNPACKER.take().is_none());
    drop(reader);
}
