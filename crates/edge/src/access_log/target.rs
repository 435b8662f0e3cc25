//! Files the access log is written to.
//!
//! File names: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use edge502_rules::access_log::LogFormat;
use flate2::Compression;
use flate2::write::GzEncoder;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::{Entropy as _, SystemEntropy};

/// The id of a distribution whose own is not known: AWS's example.
const EXAMPLE_ID: &str = "EDFDVBD6EXAMPLE";
/// The part of a file's name that tells its hour.
const HOUR: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]-[hour]");
/// How many names are tried for a new file.
const NAMES: usize = 8;

/// Where the lines of the access log go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// A file, to which lines are appended; the header lines, if the form has any, are written if it is empty.
    File(PathBuf),
    /// A directory, in which each hour of the edge's clock gets a compressed file of its own, named as CloudFront names
    /// them: `<distribution id>.YYYY-MM-DD-HH.<unique>.gz`. An hour without requests gets none.
    Directory {
        /// The directory; it is made if it is not there.
        path: PathBuf,
        /// `Id` of the distribution.
        distribution_id: String,
    },
}

impl LogTarget {
    /// A directory if `path` is one or ends with a slash, else a file. Without an id, AWS's example stands in.
    pub fn at(path: &Path, distribution_id: Option<&str>) -> Self {
        if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            let distribution_id = distribution_id.unwrap_or(EXAMPLE_ID).to_owned();
            Self::Directory { path: path.to_owned(), distribution_id }
        } else {
            Self::File(path.to_owned())
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Directory { path, .. } => path,
        }
    }

    pub(super) fn open(self, format: &LogFormat) -> io::Result<Box<dyn Target>> {
        match self {
            Self::File(path) => Ok(Box::new(BufWriter::new(append_to(&path, &format.header())?))),
            Self::Directory { path, distribution_id } => {
                fs::create_dir_all(&path)?;
                Ok(Box::new(Hourly::open(path, &distribution_id, format.header())?))
            }
        }
    }
}

/// Something lines are written to. After an error the same call may be made again.
pub(super) trait Target: Send {
    /// Takes some of `bytes`, a part of the line of a request that was over `at` that time, and tells how many.
    fn write(&mut self, at: OffsetDateTime, bytes: &[u8]) -> io::Result<usize>;

    /// Sees to it that all it took is in the file.
    fn flush(&mut self) -> io::Result<()>;

    /// Ends the file.
    fn finish(&mut self) -> io::Result<()>;
}

/// A file that grows. A line goes out whole unless it is larger than the buffer, so several processes can share it.
impl Target for BufWriter<File> {
    fn write(&mut self, _at: OffsetDateTime, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(self, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::Write::flush(self)
    }

    fn finish(&mut self) -> io::Result<()> {
        io::Write::flush(self)
    }
}

fn append_to(path: &Path, header: &str) -> io::Result<File> {
    // Opening a FIFO waits until somebody reads it, for ever if need be.
    if fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a FIFO; `-` writes to standard output"));
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() == 0 {
        file.write_all(header.as_bytes())?;
    }
    Ok(file)
}

/// A directory with a file for each hour.
struct Hourly {
    directory: PathBuf,
    id: String,
    header: String,
    current: Option<Hour>,
}

/// The file of one hour.
struct Hour {
    name: String,
    file: GzEncoder<File>,
    /// Bytes of the header that are written.
    headed: usize,
}

impl Hourly {
    /// Fails if no file can be made in `directory`.
    fn open(directory: PathBuf, distribution_id: &str, header: String) -> io::Result<Self> {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' };
        let hourly = Self { directory, id: distribution_id.chars().map(plain).collect(), header, current: None };
        let (_, probe) = hourly.create("probe")?;
        fs::remove_file(probe)?;
        Ok(hourly)
    }

    /// A new file for an hour.
    fn create(&self, hour: &str) -> io::Result<(File, PathBuf)> {
        let mut taken = None;
        for _ in 0..NAMES {
            let path = self.directory.join(format!("{}.{hour}.{}.gz", self.id, unique()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((file, path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(taken.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
    }

    /// The file for this hour; that of another hour is ended first.
    fn of(&mut self, hour: String) -> io::Result<&mut Hour> {
        if self.current.as_ref().is_some_and(|current| current.name != hour) {
            self.finish()?;
        }
        if self.current.is_none() {
            let (file, _) = self.create(&hour)?;
            let file = GzEncoder::new(file, Compression::default());
            self.current = Some(Hour { name: hour, file, headed: 0 });
        }
        Ok(self.current.as_mut().expect("set just above"))
    }
}

impl Target for Hourly {
    fn write(&mut self, at: OffsetDateTime, bytes: &[u8]) -> io::Result<usize> {
        let name = at.to_offset(UtcOffset::UTC).format(HOUR).expect("a date-time has every part of the format");
        let header = self.header.clone();
        let hour = self.of(name)?;
        while hour.headed < header.len() {
            hour.headed += hour.file.write(&header.as_bytes()[hour.headed..])?;
        }
        hour.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.current.as_mut().map_or(Ok(()), |hour| hour.file.flush())
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Some(hour) = &mut self.current {
            hour.file.try_finish()?;
        }
        self.current = None;
        Ok(())
    }
}

/// Eight hexadecimal digits.
fn unique() -> String {
    let mut bytes = [0; 4];
    SystemEntropy.fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
