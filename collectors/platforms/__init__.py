"""What many collectors share: pages, mails, short messages, tables, and the small readers that they need."""
