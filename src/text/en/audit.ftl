# What is said about the audit trail, in a terminal.

audit-whole = The audit trail is as it was written: { $entries } entries. The hash of the last one is { $hash }
audit-missing = The audit trail was tampered with: entry { $seq } is missing.
audit-changed = The audit trail was tampered with: entry { $seq } is not what was written.
audit-unlinked = The audit trail was tampered with: entry { $seq } does not follow the one before it, which was another when this was written.
