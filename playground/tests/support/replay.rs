//! Steps of a recording.
