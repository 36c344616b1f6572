//! Tests of what is given out: photos, `have`, and the wording of failures.

use super::*;

#[tokio::test]
async fn a_served_photo_cannot_act_as_anything_but_a_photo() {
    let f = fixture();
    f.upload(PICTURE).await;
    let answer = f.send("GET", &url(PICTURE), &[], b"").await;
    assert_eq!(answer.header("content-type"), "image/jpeg");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(
        answer.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    assert!(answer.header("cache-control").starts_with("private"));
    let etag = format!("\"{}\"", hash_of(PICTURE));
    assert_eq!(answer.header("etag"), etag);
    let known = f
        .send("GET", &url(PICTURE), &[("if-none-match", &etag)], b"")
        .await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let range = [("range", "bytes=2-4"), ("if-range", etag.as_str())];
    let part = f.send("GET", &url(PICTURE), &range, b"").await;
    assert_eq!((part.status, &part.body[..]), (206, &b"234"[..]));
    let stale = [("range", "bytes=2-4"), ("if-range", "\"other\"")];
    assert_eq!(f.send("GET", &url(PICTURE), &stale, b"").await.status, 200);
}

#[tokio::test]
async fn who_may_not_read_gets_the_answer_of_a_missing_photo() {
    let f = fixture();
    f.upload(PICTURE).await;
    let other = [("authorization", "Bearer token-2")];
    let hidden = f.send("GET", &url(PICTURE), &other, b"").await;
    let absent = f.send("GET", &url(b"never sent"), &other, b"").await;
    assert_eq!((hidden.status, hidden.body), (absent.status, absent.body));
    assert_eq!(hidden.status, 404);
}

#[tokio::test]
async fn a_path_that_is_no_hash_reaches_no_file() {
    let f = fixture();
    std::fs::write(f.dir.path().join("secret"), b"secret").unwrap();
    for name in [
        "..%2f..%2fsecret",
        "%2e%2e",
        "secret",
        &"A".repeat(64),
        &"0".repeat(63),
        "%00",
    ] {
        let answer = f
            .send("GET", &format!("{BLOBS_PATH}/{name}"), &[], b"")
            .await;
        assert_eq!(answer.code(), "blob_missing", "{name}");
        let answer = f
            .send("HEAD", &format!("{BLOBS_PATH}/{name}"), &[TUS], b"")
            .await;
        assert_eq!(answer.status, 404, "{name}");
    }
}

#[tokio::test]
async fn have_answers_the_missing_ones_up_to_its_limit() {
    let f = fixture();
    f.upload(PICTURE).await;
    let have = async |hashes: &[String]| {
        let body = serde_json::json!({ "hashes": hashes }).to_string();
        let json = [("content-type", "application/json")];
        f.send(
            "POST",
            &format!("{BLOBS_PATH}/have"),
            &json,
            body.as_bytes(),
        )
        .await
    };
    let answer = have(&[hash_of(b"a"), hash_of(PICTURE), hash_of(b"b")]).await;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        answer,
        serde_json::json!({ "missing": [hash_of(b"a"), hash_of(b"b")] })
    );
    assert_eq!(have(&vec![hash_of(b"a"); 2_000]).await.status, 200);
    assert_eq!(
        have(&vec![hash_of(b"a"); 2_001]).await.code(),
        "request_too_large"
    );
    assert_eq!(have(&["../etc".into()]).await.code(), "bad_request");
    let huge = have(&vec![hash_of(b"a"); 5_000]).await;
    assert_eq!(huge.code(), "request_too_large");
}

#[tokio::test]
async fn a_failing_disk_says_nothing_about_itself() {
    let error = BlobError::from(std::io::Error::other("/srv/secret/path"));
    let answer = answer::Refusal::from(error).into_response();
    assert_eq!(answer.status().as_u16(), 500);
    let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("secret"));
}
