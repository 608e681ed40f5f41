"""The demo: an auth server embedded on this machine, and the mailbox file that its mails go to."""
