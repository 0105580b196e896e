"""Sites, zones and assets: who is on the network, what it is, and how much a patient depends on it."""
