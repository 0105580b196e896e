"""What a host of the range does as a client: ordinary blocking functions that open their sockets in the thread that calls them."""
