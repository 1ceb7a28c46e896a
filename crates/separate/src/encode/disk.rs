//! A file on its way to the disk.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file that an encoder owns, with a second handle for whoever has to know that its last byte has arrived: encoders
/// drop their file without a word of what its buffer met.
#[derive(Clone)]
pub struct DiskFile(Arc<Mutex<BufWriter<File>>>);

/// Bytes that are written at once.
const BUFFER: usize = 1 << 17;

impl DiskFile {
    /// Makes an empty file.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(BufWriter::with_capacity(BUFFER, File::create(path)?)))))
    }

    fn locked(&self) -> MutexGuard<'_, BufWriter<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is buffered and waits for the disk: some file systems find out there that they are full.
    pub fn finish(&self) -> io::Result<()> {
        let mut file = self.locked();
        file.flush()?;
        file.get_ref().sync_all()
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.locked().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.locked().flush()
    }
}

impl Seek for DiskFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.locked().seek(to)
    }
}
