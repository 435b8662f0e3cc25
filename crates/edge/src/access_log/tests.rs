use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use edge502_rules::access_log::{AccessLogRecord, HEADER};
use flate2::read::GzDecoder;
use time::macros::datetime;

use super::*;

/// The documented sample, over at another time.
fn record(at: OffsetDateTime) -> AccessLogRecord {
    let line = "2019-12-13 22:36:27 SEA19-C1 900 192.0.2.200 GET d111111abcdef8.cloudfront.net /favicon.ico 502 \
        http://www.example.com/ Mozilla/5.0 - - Error 1pkpNfBQ39sYMnjjUQjmH2w1wdJnbHYTbag21o_3OfcQgPzdL2RSSQ== \
        www.example.com http 675 0.102 - - - Error HTTP/1.1 - - 25260 0.102 OriginDnsError text/html 507 - -";
    let line = line.split_whitespace().collect::<Vec<_>>().join("\t");
    AccessLogRecord { finished: at, ..AccessLogRecord::parse_line(&line).unwrap() }
}

/// A disk that takes a few bytes at a time, and nothing while it is full.
#[derive(Clone, Default)]
struct Disk {
    content: Arc<Mutex<Vec<u8>>>,
    full: Arc<AtomicBool>,
}

impl Disk {
    fn text(&self) -> String {
        String::from_utf8(self.content.lock().unwrap().clone()).unwrap()
    }
}

impl Target for Disk {
    fn write(&mut self, _at: OffsetDateTime, bytes: &[u8]) -> io::Result<usize> {
        let mut content = self.content.lock().unwrap();
        // Full in the middle of a line, too.
        if self.full.load(Ordering::SeqCst) && content.len() % 50 == 35 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(5);
        content.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

const NOON: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

fn lines(seconds: std::ops::Range<i64>) -> (Vec<AccessLogRecord>, String) {
    let records: Vec<_> = seconds.map(|second| record(NOON + time::Duration::seconds(second))).collect();
    let text = records.iter().map(|record| record.to_line() + "\n").collect();
    (records, text)
}

#[tokio::test]
async fn a_full_disk_delays_lines_and_loses_none() {
    let disk = Disk::default();
    disk.full.store(true, Ordering::SeqCst);
    let log = AccessLog::start(Box::new(disk.clone()), LogFormat::standard(), ROOM).unwrap();
    let (records, text) = lines(0..20);
    for record in &records {
        log.write(record);
    }
    assert!(disk.text().len() < text.len());
    disk.full.store(false, Ordering::SeqCst);
    log.flush().await;
    assert_eq!(disk.text(), text);
}

#[tokio::test]
async fn closing_writes_what_waits() {
    let disk = Disk::default();
    let log = AccessLog::start(Box::new(disk.clone()), LogFormat::standard(), ROOM).unwrap();
    let (records, text) = lines(0..50);
    for record in &records {
        log.write(record);
    }
    log.close().await;
    assert_eq!(disk.text(), text);
    log.write(&records[0]);
    log.close().await;
    assert_eq!(disk.text(), text, "closed is closed");
}

#[tokio::test]
async fn a_disk_that_stays_full_keeps_neither_memory_nor_the_end_waiting() {
    let disk = Disk::default();
    disk.full.store(true, Ordering::SeqCst);
    let (records, text) = lines(0..20);
    let log = AccessLog::start(Box::new(disk.clone()), LogFormat::standard(), text.len() / 2).unwrap();
    for record in &records {
        log.write(record);
    }
    assert_eq!(log.queue.state().refused, 10);
    log.close().await;
    let state = log.queue.state();
    assert!(state.ended && state.settled == 0);
}

#[tokio::test]
async fn a_full_disk_holds_up_nobody_who_waits_for_it() {
    let disk = Disk::default();
    disk.full.store(true, Ordering::SeqCst);
    let log = AccessLog::start(Box::new(disk.clone()), LogFormat::standard(), ROOM).unwrap();
    log.write(&record(NOON));
    let started = Instant::now();
    for _ in 0..10 {
        log.flush().await;
    }
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    disk.full.store(false, Ordering::SeqCst);
    log.flush().await;
    assert_eq!(disk.text(), lines(0..1).1);
}

#[tokio::test]
async fn the_last_handle_ends_the_log() {
    let disk = Disk::default();
    let log = AccessLog::start(Box::new(disk.clone()), LogFormat::standard(), ROOM).unwrap();
    let (records, text) = lines(0..3);
    let queue = log.queue.clone();
    for record in &records {
        log.clone().write(record);
    }
    drop(log);
    let ended = move || queue.end(Instant::now() + PATIENCE);
    tokio::task::spawn_blocking(ended).await.unwrap();
    assert_eq!(disk.text(), text);
}

/// Names and contents of the files in a directory, by name.
fn files(directory: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let mut text = String::new();
            GzDecoder::new(fs::File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), text)
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_directory_gets_a_file_for_each_hour() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("logs/");
    let log = AccessLog::open(LogTarget::at(&path, Some("E1/../X")), LogFormat::standard()).unwrap();
    let times = [NOON - time::Duration::SECOND, NOON, NOON + time::Duration::minutes(59), NOON + time::Duration::DAY];
    for at in times {
        log.write(&record(at));
    }
    log.close().await;
    let files = files(&path);
    let hours: Vec<&str> = files.iter().map(|(name, _)| name.get(..22).unwrap()).collect();
    assert_eq!(hours, ["E1____X.2026-11-24-11.", "E1____X.2026-11-24-12.", "E1____X.2026-11-25-12."]);
    assert!(files.iter().all(|(name, _)| name.len() == 33 && name.rsplit('.').next() == Some("gz")), "{files:?}");
    let line = |at| record(at).to_line() + "\n";
    assert_eq!(files[0].1, format!("{HEADER}{}", line(times[0])));
    assert_eq!(files[1].1, format!("{HEADER}{}{}", line(times[1]), line(times[2])));
    assert_eq!(files[2].1, format!("{HEADER}{}", line(times[3])));
}

#[test]
fn a_directory_is_told_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let of = |path: &Path| matches!(LogTarget::at(path, None), LogTarget::Directory { .. });
    assert!(of(directory.path()) && of(Path::new("new/")));
    assert!(!of(&directory.path().join("log")) && !of(Path::new("new")));
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let below = LogTarget::Directory { path: file.join("logs"), distribution_id: "E1".to_owned() };
    let error = AccessLog::open(below, LogFormat::standard()).unwrap_err();
    assert!(error.to_string().contains("file/logs"), "{error}");
}
