"""What other sensors wrote: Zeek's logs and Suricata's EVE, as rows of our own streams."""
