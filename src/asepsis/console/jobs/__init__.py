"""What the console does beside its pages: jobs that wait, run, and tell what came of them."""
