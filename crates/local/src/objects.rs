//! An object store over files, as far as evidence needs one: the requests `PutObject`, `GetObject` and `HeadObject` of
//! Amazon S3, with the bucket in the path.
//!
//! `s3s` with its file system would be the library for this. Its current version needs a later compiler than this
//! project, and it bounds neither the space on disk nor the age of files, which would have to be added around it. What
//! is left of S3 here is three requests.

pub mod files;
pub mod server;

pub use files::ObjectFiles;
