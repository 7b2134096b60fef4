//! Little that unpacks to much.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// What one unpacks to: four times what the server takes.
const UNPACKED: usize = 64 << 20;
/// What is over the server's limit without any packing.
const TOO_LARGE: usize = (16 << 20) + 1_024;

/// Bombs of each encoding, and what is large as it is.
#[derive(Debug, Clone)]
pub(super) struct Bombs {
    pub(super) gzip: Bytes,
    pub(super) zstd: Bytes,
    pub(super) large: Bytes,
}

impl Bombs {
    pub(super) fn new() -> anyhow::Result<Self> {
        let plain = vec![0; UNPACKED];
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&plain)?;
        let zstd = zstd::bulk::compress(&plain, 19)?;
        let large = Bytes::from(vec![b' '; TOO_LARGE]);
        Ok(Self { gzip: gzip.finish()?.into(), zstd: zstd.into(), large })
    }
}
