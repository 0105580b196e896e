"""The hospital of the recorded morning: one flat network, as small places have it (`record_morning.py`)."""
