"""A small world to try Molva on: a review site, a mailbox and short messages, all on this machine."""
