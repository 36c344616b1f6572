//! The phone's upload against the server's routes, over real connections that are cut in the middle.
//!
//! A cut is a closed TCP connection after a random number of bytes of the body. Counted is what scoreboard row R18
//! asks for: equal hashes, and at most one piece sent again per cut. Left out: the driver's waiting and choice of
//! files, which belong to `mobile-core`'s sync.

use std::net::SocketAddr;
use std::sync::Arc;

use mobile_core::photos::upload::{
    MAX_CHUNK_BYTES, Progress, ResponseHeaders, TusRequest, Upload, chunk_checksum,
};
use mobile_core::photos::{BlobHash, hash_of};
use server::blobs::{BlobConfig, BlobHash as ServerHash, BlobStore};
use server::routes::blobs::blob_router;
use tests::fuzz::AnyDevice;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

struct Office {
    _dir: tempfile::TempDir,
    store: Arc<BlobStore>,
    address: SocketAddr,
}

async fn open_office() -> Office {
    let dir = tempfile::tempdir().unwrap();
    let config = BlobConfig {
        free_disk_reserve_bytes: 0,
        ..BlobConfig::default()
    };
    let store = Arc::new(BlobStore::open(dir.path(), config).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = blob_router(Arc::clone(&store), Arc::new(AnyDevice));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Office {
        _dir: dir,
        store,
        address,
    }
}

/// A phone's network: sends one request on a connection of its own, whole or cut.
struct Phone {
    address: SocketAddr,
    token: Uuid,
    body_bytes_sent: u64,
}

impl Phone {
    fn of(office: &Office, number: u128) -> Self {
        let token = Uuid::from_u128(number);
        Self {
            address: office.address,
            token,
            body_bytes_sent: 0,
        }
    }

    /// Sends `request`; after `cut_after` bytes of its body the connection is closed and there is no answer.
    async fn send(
        &mut self,
        request: &TusRequest,
        file: &[u8],
        cut_after: Option<usize>,
    ) -> Option<(u16, ResponseHeaders)> {
        let body = match &request.body_range {
            Some(range) => &file[range.start as usize..range.end as usize],
            None => &[],
        };
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: office\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
             content-length: {}\r\n",
            request.method.as_str(),
            request.path,
            self.token,
            body.len()
        );
        for (name, value) in request
            .headers
            .iter()
            .cloned()
            .chain([chunk_checksum(body)])
        {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let sent = cut_after.map_or(body, |bytes| &body[..bytes.min(body.len())]);
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        self.body_bytes_sent += sent.len() as u64;
        // The server may have answered and closed before it read everything.
        let written = connection.write_all(sent).await;
        if cut_after.is_some() || written.is_err() {
            return None;
        }
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.ok()?;
        parse_answer(&answer)
    }

    /// Drives `upload` to its end; the connection is cut as often as `cuts` has numbers, at that share of the piece.
    async fn drive(&mut self, mut upload: Upload, file: &[u8], cuts: &mut Vec<u32>) -> Progress {
        for _ in 0..10_000 {
            let request = upload.next().expect("an upload that is not over");
            let piece = request
                .body_range
                .as_ref()
                .map_or(0, |range| range.end - range.start);
            let cut = if piece > 0 { cuts.pop() } else { None };
            let cut_after = cut.map(|share| (piece * u64::from(share) / 1_000) as usize);
            let mut progress = match self.send(&request, file, cut_after).await {
                Some((status, headers)) => upload.on_response(status, &headers),
                None => upload.on_cut(),
            };
            if progress == Progress::CheckFile {
                progress = upload.on_file_checked(true);
            }
            if progress != Progress::Continue {
                return progress;
            }
        }
        panic!("the upload does not end");
    }
}

fn parse_answer(answer: &[u8]) -> Option<(u16, ResponseHeaders)> {
    let text = String::from_utf8_lossy(answer);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    Some((status, ResponseHeaders::from_pairs(headers)))
}

/// A seeded generator (xorshift): the same run every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.below(256) as u8).collect()
    }
}

fn finished_hash(office: &Office, hash: BlobHash) -> Option<BlobHash> {
    let path = office
        .store
        .verified_path(ServerHash::from_bytes(hash))
        .unwrap()?;
    Some(hash_of(&std::fs::read(path).unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_uploads_cut_five_times_each_arrive_whole_with_little_sent_twice() {
    let office = open_office().await;
    let mut random = Random(0x5eed_0000_0000_0018);
    let (mut cuts_made, mut sent_twice) = (0, 0);
    for number in 0..50 {
        let size = if number == 0 {
            0
        } else {
            random.below(2_000_000) as usize
        };
        let file = random.bytes(size);
        let hash = hash_of(&file);
        let mut cuts: Vec<u32> = (0..5).map(|_| random.below(1_001) as u32).collect();
        let mut phone = Phone::of(&office, 1 + number % 3);
        let end = phone
            .drive(Upload::new(hash, size as u64), &file, &mut cuts)
            .await;
        assert_eq!(end, Progress::Done, "upload {number} of {size} bytes");
        assert_eq!(finished_hash(&office, hash), Some(hash));
        let made = 5 - cuts.len() as u64;
        let again = phone.body_bytes_sent - size as u64;
        assert!(
            again <= made * MAX_CHUNK_BYTES,
            "{again} bytes again after {made} cuts"
        );
        (cuts_made, sent_twice) = (cuts_made + made, sent_twice + again);
    }
    println!("{cuts_made} cuts, {sent_twice} bytes sent twice");
    assert!(
        cuts_made > 200,
        "only {cuts_made} cuts: the test does not test"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_killed_mid_upload_goes_on_where_it_was() {
    let office = open_office().await;
    let file = Random(7).bytes(900_000);
    let hash = hash_of(&file);
    let mut phone = Phone::of(&office, 1);
    {
        let mut upload = Upload::new(hash, 900_000);
        for _ in 0..3 {
            let request = upload.next().unwrap();
            let (status, headers) = phone.send(&request, &file, None).await.unwrap();
            assert_eq!(upload.on_response(status, &headers), Progress::Continue);
        }
    }
    let sent_before = phone.body_bytes_sent;
    assert!(sent_before > 300_000);
    let end = phone
        .drive(Upload::new(hash, 900_000), &file, &mut Vec::new())
        .await;
    assert_eq!((end, phone.body_bytes_sent), (Progress::Done, 900_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_device_that_sends_rubbish_under_the_same_hash_spoils_nothing() {
    let office = open_office().await;
    let file = Random(8).bytes(300_000);
    let hash = hash_of(&file);
    let mut honest = Phone::of(&office, 1);
    let mut upload = Upload::new(hash, 300_000);
    for _ in 0..2 {
        let (status, headers) = honest
            .send(&upload.next().unwrap(), &file, None)
            .await
            .unwrap();
        assert_eq!(upload.on_response(status, &headers), Progress::Continue);
    }
    let rubbish = vec![0; 300_000];
    let mut foreign = Phone::of(&office, 2);
    let end = foreign
        .drive(Upload::new(hash, 300_000), &rubbish, &mut Vec::new())
        .await;
    assert!(matches!(end, Progress::Pause { .. }), "{end:?}");
    assert_eq!(finished_hash(&office, hash), None);
    let end = honest.drive(upload, &file, &mut Vec::new()).await;
    assert_eq!((end, honest.body_bytes_sent), (Progress::Done, 300_000));
    assert_eq!(finished_hash(&office, hash), Some(hash));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_offset_and_a_piece_changed_on_the_way_are_told_and_survived() {
    let office = open_office().await;
    let file = Random(9).bytes(200_000);
    let mut phone = Phone::of(&office, 1);
    let mut upload = Upload::new(hash_of(&file), 200_000);
    let (status, headers) = phone
        .send(&upload.next().unwrap(), &file, None)
        .await
        .unwrap();
    assert_eq!(upload.on_response(status, &headers), Progress::Continue);
    let first_piece = upload.next().unwrap();
    let (status, _) = phone.send(&first_piece, &file, None).await.unwrap();
    assert_eq!(status, 204);
    // The answer was lost, so the phone sends the same piece again.
    let (status, headers) = phone.send(&first_piece, &file, None).await.unwrap();
    assert_eq!((status, headers.upload_offset), (409, Some(131_072)));
    assert_eq!(upload.on_response(status, &headers), Progress::Continue);
    let (status, headers) = phone
        .send(&upload.next().unwrap(), &file, None)
        .await
        .unwrap();
    assert_eq!(upload.on_response(status, &headers), Progress::Continue);
    let mut request = upload.next().unwrap();
    request
        .headers
        .push(("Upload-Checksum", chunk_checksum(b"what was meant").1));
    let (status, headers) = phone.send(&request, &file, None).await.unwrap();
    assert_eq!((status, headers.upload_offset), (460, Some(131_072)));
    assert_eq!(upload.on_response(status, &headers), Progress::CheckFile);
    assert_eq!(upload.on_file_checked(true), Progress::Continue);
    assert_eq!(
        phone.drive(upload, &file, &mut Vec::new()).await,
        Progress::Done
    );
}
