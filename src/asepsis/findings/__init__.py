"""Ground floor: what is wrong, on what, how bad for patients, and what to do first."""
