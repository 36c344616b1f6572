//! The HTTP transport on links that are slow, silent or cut.
//!
//! Invariant: real connections to a stand-in that is as slow as the test says; times are short, their proportions real.
//! Leaves out: loss and delay (`guanmo bench link`).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mobile_core::{Failure, HttpTransport, Patience, Transport, TransportRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SILENCE: Duration = Duration::from_millis(400);
/// A piece moves in this time: well within the silence that is borne.
const PIECE: Duration = Duration::from_millis(100);
const BODY_BYTES: usize = 4_000_000;

fn patience(slowest: u32) -> Patience {
    Patience {
        connect: SILENCE,
        silence: SILENCE,
        slowest,
    }
}

async fn sent(address: SocketAddr, patience: Patience) -> (Result<Vec<u8>, Failure>, Duration) {
    let transport = HttpTransport::patient(&format!("http://{address}"), patience).unwrap();
    let request = TransportRequest {
        method: "POST",
        path: "/".into(),
        headers: Vec::new(),
        body: vec![7; BODY_BYTES],
    };
    let began = Instant::now();
    let answer = transport.send(request).await.map(|answer| answer.body);
    (answer, began.elapsed())
}

/// Reads a request of [`BODY_BYTES`], `pieces` pieces with a wait before each.
async fn read_slowly(stream: &mut TcpStream, pieces: usize) {
    let mut left = BODY_BYTES;
    let mut buffer = vec![0; BODY_BYTES / pieces];
    let head = stream.read(&mut buffer).await.unwrap();
    let at = buffer[..head].windows(4).position(|w| w == b"\r\n\r\n");
    left -= head - at.expect("a head") - 4;
    while left > 0 {
        tokio::time::sleep(PIECE).await;
        let want = left.min(buffer.len());
        stream.read_exact(&mut buffer[..want]).await.unwrap();
        left -= want;
    }
}

/// Listens, and does `serve` with the one connection that comes.
async fn office<F>(serve: impl FnOnce(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
    });
    address
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";

#[tokio::test]
async fn a_body_that_takes_longer_than_the_silence_arrives_and_its_answer_too() {
    let slow = |mut stream: TcpStream| async move {
        read_slowly(&mut stream, 8).await;
        stream.write_all(HEAD).await.unwrap();
        for _ in 0..10 {
            tokio::time::sleep(PIECE).await;
            stream.write_all(b"x").await.unwrap();
        }
    };
    let address = office(slow).await;
    let (answer, took) = sent(address, patience(1_000_000)).await;
    assert_eq!(answer, Ok(b"xxxxxxxxxx".to_vec()));
    assert!(
        took > 3 * SILENCE,
        "{took:?}: not slow enough to show anything"
    );
}

#[tokio::test]
async fn without_time_for_the_body_the_same_link_is_given_up() {
    let slow = |mut stream: TcpStream| async move {
        read_slowly(&mut stream, 16).await;
    };
    let address = office(slow).await;
    let (answer, _) = sent(address, patience(u32::MAX)).await;
    assert!(matches!(answer, Err(Failure::Cut(_))), "{answer:?}");
}

#[tokio::test]
async fn a_silent_server_is_given_up_before_and_within_its_answer() {
    for half in [false, true] {
        let silent = move |mut stream: TcpStream| async move {
            read_slowly(&mut stream, 1).await;
            if half {
                stream.write_all(HEAD).await.unwrap();
                stream.write_all(b"half").await.unwrap();
            }
            // Says no more, and does not hang up.
            std::future::pending::<()>().await;
        };
        let address = office(silent).await;
        let (answer, took) = sent(address, patience(100_000_000)).await;
        assert!(matches!(answer, Err(Failure::Cut(_))), "{answer:?}");
        assert!(took >= SILENCE, "{took:?}");
    }
}
