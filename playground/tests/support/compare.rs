//! Comparing what came with what was recorded.
