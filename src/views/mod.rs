//! Reads that join domains: what a page needs of several at once.
