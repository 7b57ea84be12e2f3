//! Looking ahead in a paragraph in time linear in its length.

/// Remembers where the next of a byte is, so that looking ahead again and again stays linear.
pub(super) struct NextByte {
    byte: u8,
    at: Option<usize>,
    searched: bool,
}

impl NextByte {
    pub(super) fn new(byte: u8) -> Self {
        Self {
            byte,
            at: None,
            searched: false,
        }
    }

    /// Returns where the byte is next at or after `from`, which never goes back.
    pub(super) fn from(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let is_stale = self.at.is_some_and(|at| at < from);
        if !self.searched || is_stale {
            let rest = bytes.get(from..).unwrap_or_default();
            let found = rest.iter().position(|byte| *byte == self.byte);
            self.at = found.map(|found| from + found);
            self.searched = true;
        }
        self.at
    }
}

/// Matches the parentheses of a paragraph; those without a partner are left out.
pub(super) fn matching_parentheses(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => open.push(index),
            b')' => {
                if let Some(start) = open.pop() {
                    pairs.push((start, index));
                }
            }
            _ => {}
        }
    }
    pairs.sort_unstable();
    pairs
}
