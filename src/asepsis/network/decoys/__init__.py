"""What a decoy pretends to be: an archive, a receiver of messages, a file server. Nothing that they are sent is kept or looked into."""
